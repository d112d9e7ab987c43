#include "daemon/store/lease_rows.hpp"

#include "daemon/store/failure.hpp"
#include "daemon/store/row_io.hpp"

namespace portd::store {

const char* const lease_columns =
    "port, id, epoch, revision, project, service, instance, role, protocol, kind, hold, cwd, container, ttl_ms, "
    "created_at, updated_at, last_used_at, holder_pid, holder_boot_id, holder_start_ticks, holder_command, holder_cwd, "
    "holder_started_at";

namespace {

void bind_holder(Binder& bind, const std::optional<Holder>& holder) {
  if (!holder) {
    for (int column = 0; column < 6; ++column) bind.null();
    return;
  }
  bind(std::int64_t{holder->id.pid});
  bind(holder->id.boot_id);
  bind(holder->id.start_ticks);
  bind(holder->command);
  bind(holder->cwd);
  bind(holder->started_at);
}

std::optional<Holder> read_holder(Reader& read) {
  if (read.null()) return std::nullopt;
  Holder holder;
  holder.id.pid = static_cast<pid_t>(read.number());
  holder.id.boot_id = read.text();
  holder.id.start_ticks = read.natural();
  holder.command = read.text();
  holder.cwd = read.text();
  holder.started_at = read.time();
  return holder;
}

std::optional<Millis> read_ttl(Reader& read) {
  if (!read.null()) return Millis{read.number()};
  read.skip();
  return std::nullopt;
}

}  // namespace

void bind_lease(SQLite::Statement& statement, const Lease& lease) {
  Binder bind(statement);
  bind(std::int64_t{lease.port.number()});
  bind(lease.id);
  bind(std::int64_t{lease.revision.epoch});
  bind(lease.revision.number);
  bind(lease.key.project);
  bind(lease.key.service);
  bind(lease.key.instance);
  bind(lease.key.role);
  bind.word(lease.protocol);
  bind.word(lease.kind);
  bind.word(lease.hold);
  bind(lease.cwd);
  bind(lease.container);
  if (lease.ttl) {
    bind(std::int64_t{lease.ttl->count()});
  } else {
    bind.null();
  }
  bind(lease.created_at);
  bind(lease.updated_at);
  bind(lease.last_used_at);
  bind_holder(bind, lease.holder);
}

Lease read_lease(SQLite::Statement& row) {
  Reader read(row);
  Lease lease;
  lease.port = read.port();
  lease.id = read.text();
  lease.revision.epoch = static_cast<std::uint32_t>(read.number());
  lease.revision.number = read.natural();
  lease.key.project = read.text();
  lease.key.service = read.text();
  lease.key.instance = read.text();
  lease.key.role = read.text();
  lease.protocol = read.word<Protocol>();
  lease.kind = read.word<LeaseKind>();
  lease.hold = read.word<HoldMode>();
  lease.cwd = read.text();
  lease.container = read.text();
  lease.ttl = read_ttl(read);
  lease.created_at = read.time();
  lease.updated_at = read.time();
  lease.last_used_at = read.time();
  lease.holder = read_holder(read);
  return lease;
}

void bind_remembered(SQLite::Statement& statement, const std::string& key, const core::RememberedPort& remembered) {
  Binder bind(statement);
  bind(key);
  bind(std::int64_t{remembered.port.number()});
  bind(remembered.released_at);
}

core::RememberedPort read_remembered(SQLite::Statement& row) {
  Reader read(row);
  const std::string text = read.text();
  const auto key = Key::parse(text);
  if (!key) throw Damaged("the remembered key " + text + " is none");
  const Port port = read.port();
  return {*key, port, read.time()};
}

}  // namespace portd::store
