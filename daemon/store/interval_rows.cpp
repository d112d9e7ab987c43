#include "daemon/store/interval_rows.hpp"

#include <limits>
#include <string>

#include "daemon/store/row_io.hpp"

namespace portd::store {
namespace {

constexpr std::int64_t latest_millis = std::numeric_limits<std::int64_t>::max();

void bind_text(Binder& bind, const std::string& text) {
  if (text.empty()) return bind.null();
  bind(text);
}

void bind_entry(SQLite::Statement& insert, const core::HistoryEntry& entry) {
  insert.reset();
  insert.clearBindings();
  Binder bind(insert);
  bind(std::int64_t{entry.port.number()});
  bind.word(entry.protocol);
  bind(entry.from);
  bind.word(entry.what);
  if (entry.verdict) {
    bind.word(*entry.verdict);
  } else {
    bind.null();
  }
  for (const auto part : {&Key::project, &Key::service, &Key::instance, &Key::role}) {
    if (entry.key) {
      bind((*entry.key).*part);
    } else {
      bind.null();
    }
  }
  bind_text(bind, entry.lease);
  if (entry.pid) {
    bind(std::int64_t{*entry.pid});
  } else {
    bind.null();
  }
  bind_text(bind, entry.command);
  bind_text(bind, entry.cwd);
  bind_text(bind, entry.user);
  bind(entry.reason);
}

std::string text_or_none(Reader& read) {
  if (!read.null()) return read.text();
  read.skip();
  return "";
}

core::HistoryEntry read_entry(SQLite::Statement& row) {
  Reader read(row);
  core::HistoryEntry entry;
  entry.port = read.port();
  entry.protocol = read.word<Protocol>();
  entry.from = read.time();
  if (read.null()) {
    read.skip();
  } else {
    entry.until = read.time();
  }
  entry.what = read.word<core::Possession>();
  if (const std::string verdict = text_or_none(read); !verdict.empty()) entry.verdict = from_text<Verdict>(verdict);
  Key key{text_or_none(read), text_or_none(read), text_or_none(read), text_or_none(read)};
  if (!key.project.empty()) entry.key = std::move(key);
  entry.lease = text_or_none(read);
  if (read.null()) {
    read.skip();
  } else {
    entry.pid = static_cast<pid_t>(read.number());
  }
  entry.command = text_or_none(read);
  entry.cwd = text_or_none(read);
  entry.user = text_or_none(read);
  entry.reason = read.text();
  return entry;
}

std::string select_of(const core::HistoryQuery& query) {
  std::string sql =
      "SELECT port, protocol, began_at, ended_at, what, verdict, project, service, instance, role, lease, pid, "
      "command, "
      "cwd, user, coalesce(ended, began) FROM intervals "
      "WHERE began_at <= ?1 AND (ended_at IS NULL OR ended_at > ?2)";
  if (query.port) sql += " AND port = ?3";
  if (query.project) sql += " AND project = ?4";
  if (query.service) sql += " AND service = ?5";
  if (query.instance) sql += " AND instance = ?6";
  return sql + " ORDER BY began_at DESC, id DESC LIMIT ?7";
}

}  // namespace

IntervalRows::IntervalRows(SQLite::Database& connection)
    : connection_(connection),
      look_up_(connection, "SELECT interval, unseen FROM open WHERE identity = ?"),
      insert_(
          connection,
          "INSERT INTO intervals (port, protocol, began_at, what, verdict, project, service, instance, role, lease, "
          "pid, command, cwd, user, began) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      insert_open_(connection, "INSERT INTO open (identity, interval) VALUES (?, ?)"),
      reopen_(connection,
              "UPDATE intervals SET ended_at = NULL, ended = NULL WHERE id = ?1 AND verdict IS ?2 AND lease IS ?3"),
      see_again_(connection, "UPDATE open SET unseen = 0 WHERE identity = ?"),
      end_(connection, "UPDATE intervals SET ended_at = max(?1, began_at), ended = ?2 WHERE id = ?3"),
      erase_open_(connection, "DELETE FROM open WHERE identity = ?"),
      end_all_(connection,
               "UPDATE intervals SET ended_at = max(?, began_at), ended = 'unseen' "
               "WHERE id IN (SELECT interval FROM open WHERE unseen = 0)"),
      unsee_all_(connection, "UPDATE open SET unseen = 1 WHERE unseen = 0"),
      forget_unseen_(connection, "DELETE FROM open WHERE unseen = 1"),
      drop_before_(connection,
                   "DELETE FROM intervals WHERE id IN (SELECT id FROM intervals WHERE ended_at IS NOT NULL AND "
                   "ended_at < ?1 ORDER BY ended_at LIMIT ?2)") {}

void IntervalRows::open(const core::Came& came) {
  look_up_.reset();
  look_up_.bindNoCopy(1, came.identity);
  if (look_up_.executeStep()) {
    const std::int64_t interval = look_up_.getColumn(0).getInt64();
    const bool unseen = look_up_.getColumn(1).getInt() != 0;
    look_up_.reset();
    if (!unseen || goes_on(interval, came)) return;
    erase_open_.reset();
    erase_open_.bindNoCopy(1, came.identity);
    erase_open_.exec();
  }
  look_up_.reset();
  bind_entry(insert_, came.entry);
  insert_.exec();
  insert_open_.reset();
  insert_open_.bindNoCopy(1, came.identity);
  insert_open_.bind(2, connection_.getLastInsertRowid());
  insert_open_.exec();
}

bool IntervalRows::goes_on(std::int64_t interval, const core::Came& came) {
  reopen_.reset();
  reopen_.clearBindings();
  Binder bind(reopen_);
  bind(interval);
  if (came.entry.verdict) {
    bind.word(*came.entry.verdict);
  } else {
    bind.null();
  }
  bind_text(bind, came.entry.lease);
  if (reopen_.exec() == 0) return false;
  see_again_.reset();
  see_again_.bindNoCopy(1, came.identity);
  see_again_.exec();
  return true;
}

void IntervalRows::close(const core::Went& went) {
  look_up_.reset();
  look_up_.bindNoCopy(1, went.identity);
  if (!look_up_.executeStep()) return look_up_.reset();
  const std::int64_t interval = look_up_.getColumn(0).getInt64();
  look_up_.reset();
  end_.reset();
  end_.bind(1, std::int64_t{went.at.time_since_epoch().count()});
  end_.bindNoCopy(2, went.reason);
  end_.bind(3, interval);
  end_.exec();
  erase_open_.reset();
  erase_open_.bindNoCopy(1, went.identity);
  erase_open_.exec();
}

void IntervalRows::close_all(TimePoint seen) {
  end_all_.reset();
  end_all_.bind(1, std::int64_t{seen.time_since_epoch().count()});
  end_all_.exec();
  unsee_all_.reset();
  unsee_all_.exec();
}

void IntervalRows::forget_unseen() {
  forget_unseen_.reset();
  forget_unseen_.exec();
}

core::HistoryPage IntervalRows::find(const core::HistoryQuery& query) {
  SQLite::Statement select(connection_, select_of(query));
  select.bind(1, query.until ? std::int64_t{query.until->time_since_epoch().count()} : latest_millis);
  select.bind(2, query.since ? std::int64_t{query.since->time_since_epoch().count()} : std::int64_t{-1});
  if (query.port) select.bind(3, query.port->number());
  if (query.project) select.bind(4, *query.project);
  if (query.service) select.bind(5, *query.service);
  if (query.instance) select.bind(6, *query.instance);
  select.bind(7, static_cast<std::int64_t>(query.limit) + 1);
  core::HistoryPage page;
  while (select.executeStep()) {
    if (page.entries.size() == query.limit) {
      page.truncated = true;
      break;
    }
    page.entries.push_back(read_entry(select));
  }
  return page;
}

int IntervalRows::drop_before(TimePoint moment, int count) {
  drop_before_.reset();
  drop_before_.bind(1, std::int64_t{moment.time_since_epoch().count()});
  drop_before_.bind(2, count);
  return drop_before_.exec();
}

int IntervalRows::drop_oldest(int count) { return drop_before(TimePoint{Millis{latest_millis}}, count); }

}  // namespace portd::store
