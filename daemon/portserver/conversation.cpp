#include "daemon/portserver/conversation.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace portd::portserver {
namespace {

using boost::system::error_code;

constexpr std::size_t most_discarded = std::size_t{64} * 1024;

// Digits only. What is no number of a process is nobody's.
std::optional<pid_t> pid_of(std::string_view line) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), pid);
  if (error != std::errc() || end != line.data() + line.size() || pid < 1) return std::nullopt;
  return pid;
}

// A port that is nobody's in both families, TCP and UDP, and stays unbound; a new one at every call.
GrantRequest request_of(pid_t pid) {
  GrantRequest request;
  request.kind = LeaseKind::process;
  request.pid = pid;
  request.protocol = Protocol::both;
  request.hold = HoldMode::none;
  request.on_conflict = OnConflict::next;
  return request;
}

}  // namespace

Conversation::Conversation(Socket socket, core::Caller asker, const Context& context, Ended ended)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      asker_(asker),
      context_(context),
      ended_(std::move(ended)) {}

void Conversation::begin(Millis line_time) {
  timer_.expires_after(line_time);
  timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (!cancelled && self->reading_) self->deny("it sent no line in time");
  });
  read_more();
}

void Conversation::hurry() {
  if (reading_) end();
}

void Conversation::read_more() {
  const auto room = boost::asio::buffer(line_) + size_;
  socket_.async_read_some(room, [self = shared_from_this()](const error_code& error, std::size_t size) {
    if (!self->reading_) return;
    if (error) return self->deny("it hung up before the end of its line");
    self->read(size);
  });
}

void Conversation::read(std::size_t size) {
  size_ += size;
  const std::string_view text(line_.data(), size_);
  const auto end = text.find('\n');
  if (end != std::string_view::npos) return ask(text.substr(0, end));
  if (size_ == line_.size()) return deny("its line is too long");
  read_more();
}

void Conversation::ask(std::string_view line) {
  reading_ = false;
  timer_.cancel();
  const auto pid = pid_of(line);
  if (!pid) return deny("its line is no pid");
  auto granted = grant(*pid);
  if (!granted) return deny(granted.error().detail);
  const Revision revision = granted->revision;
  context_.journal.when_durable(revision, [self = shared_from_this(), lease = std::move(granted->leases.front())](
                                              const std::optional<Error>& lost) {
    // Not at once: nothing may be decided while the journal is still telling the others.
    auto resume = [self, lease, lost] { lost ? self->deny(lost->detail) : self->answer(lease); };
    boost::asio::post(self->socket_.get_executor(), std::move(resume));
  });
}

// The asker counts processes as portd does only where it sees the same ones.
Result<core::Granted> Conversation::grant(pid_t pid) const {
  if (!asker_.pid) return Error{Problem::invalid_value, "it runs in another pid namespace, such as a container"};
  auto seen = context_.processes.inspect(*asker_.pid, asker_.uid);
  if (!seen) return seen.error();
  return context_.leases.grant(request_of(pid), asker_, context_.now());
}

// In one piece: clients read once. The buffer of a fresh socket takes it.
void Conversation::answer(const Lease& lease) {
  const std::string text = lease.port.text() + "\n";
  error_code error;
  socket_.write_some(boost::asio::buffer(text), error);
  if (error) {
    spdlog::info("event=portserver-unheard port={} what=\"{}\"", lease.port.text(), error.message());
    // Nobody knows of the port. When it cannot be released now, it ends with its process.
    static_cast<void>(context_.leases.release(lease.port, lease.id, context_.now()));
  }
  end();
}

void Conversation::deny(std::string_view why) {
  const std::string pid = asker_.pid ? std::to_string(*asker_.pid) : "unknown";
  spdlog::info("event=portserver-denied asker={} why=\"{}\"", pid, why);
  end();
}

void Conversation::end() {
  reading_ = false;
  timer_.cancel();
  discard_unread();
  error_code ignored;
  socket_.close(ignored);
  if (const Ended ended = std::exchange(ended_, nullptr)) ended(shared_from_this());
}

// With bytes unread, the client would be told of a reset instead of an end.
void Conversation::discard_unread() {
  std::array<char, 4096> unread{};
  error_code over;
  for (std::size_t size = 0; !over && size < most_discarded;) {
    size += socket_.read_some(boost::asio::buffer(unread), over);
  }
}

}  // namespace portd::portserver
