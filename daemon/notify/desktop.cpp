#include "daemon/notify/desktop.hpp"

#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <filesystem>
#include <map>
#include <utility>

#include "common/printable.hpp"
#include "common/time.hpp"
#include "daemon/outbound/readable.hpp"
#include "daemon/outbound/run_program.hpp"
#include "daemon/task.hpp"

namespace portd::notify {
namespace {

using boost::system::error_code;
using outbound::Interruption;
using Argv = std::vector<std::string>;

constexpr Millis time_limit{5'000};
constexpr Millis quiet_time{60'000};
constexpr std::size_t most_waiting = 16;  // nobody reads more at once
constexpr std::size_t longest_body = 400;

std::string title_of(const Alert& alert) { return "portd: " + std::string(to_text(alert.kind)); }

std::string body_of(const Alert& alert) { return outbound::one_line(alert.detail, longest_body); }

// The body of a notification is markup (Desktop Notifications Specification, "Markup").
[[maybe_unused]] std::string without_markup(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else {
      safe += c;
    }
  }
  return safe;
}

#ifndef __APPLE__
bool has_session_bus(const std::function<std::string(const char*)>& variable) {
  if (!variable("DBUS_SESSION_BUS_ADDRESS").empty()) return true;
  const std::string runtime = variable("XDG_RUNTIME_DIR");
  std::error_code ignored;
  return !runtime.empty() && std::filesystem::exists(runtime + "/bus", ignored);
}
#endif

}  // namespace

#ifdef __APPLE__
// The texts are arguments of the script, so that nothing in them is read as one.
std::optional<Argv> desktop_command(const Alert& alert, const std::function<std::string(const char*)>&) {
  return Argv{"/usr/bin/osascript",
              "-e",
              "on run argv",
              "-e",
              "display notification (item 2 of argv) with title (item 1 of argv)",
              "-e",
              "end run",
              "--",
              title_of(alert),
              body_of(alert)};
}
#else
std::optional<Argv> desktop_command(const Alert& alert, const std::function<std::string(const char*)>& variable) {
  if (!has_session_bus(variable)) return std::nullopt;
  return Argv{"notify-send", "--app-name=portd", "--", title_of(alert), without_markup(body_of(alert))};
}
#endif

// Shared by the coroutine that runs for it.
class Desktop::Crier : public std::enable_shared_from_this<Desktop::Crier> {
 public:
  Crier(const Executor& executor, Command command, std::optional<rlim_t> descriptors)
      : executor_(executor), command_(std::move(command)), descriptors_(descriptors), limit_(executor) {}

  void show(const Alert& alert) {
    if (waiting_.size() >= most_waiting || was_shown({alert.kind, alert.subject})) return;
    auto argv = command_(alert);
    if (!argv) return;
    waiting_.push_back(std::move(*argv));
    if (!std::exchange(running_, true)) begin();
  }

  void end() {
    ended_ = true;
    if (in_flight_ != nullptr) in_flight_->interrupt(Interruption::Cause::ended);
  }

 private:
  using Name = std::pair<AlertKind, std::string>;

  // A moment ago: what comes and goes shall not cover the screen.
  bool was_shown(const Name& name) {
    const SteadyPoint now = std::chrono::steady_clock::now();
    std::erase_if(shown_, [now](const auto& each) { return now - each.second >= quiet_time; });
    return !shown_.try_emplace(name, now).second;
  }

  void begin() {
    boost::asio::co_spawn(executor_, run(shared_from_this()), [self = shared_from_this()](std::exception_ptr failure) {
      if (failure) self->give_up();
    });
  }

  // A bug; the next alert begins anew.
  void give_up() {
    running_ = false;
    in_flight_ = nullptr;
    spdlog::error("event=desktop-notification-failed");
  }

  // `self` keeps it while this is suspended.
  static Task<void> run(std::shared_ptr<Crier> self) {
    co_await boost::asio::post(self->executor_, awaited);  // show() waits for nothing
    while (!self->ended_ && !self->waiting_.empty()) {
      outbound::ChildProcess::Plan plan{std::move(self->waiting_.front()), {}, self->descriptors_};
      self->waiting_.pop_front();
      co_await self->run_one(std::move(plan));
    }
    self->running_ = false;
  }

  Task<void> run_one(outbound::ChildProcess::Plan plan) {
    Interruption interruption;
    in_flight_ = &interruption;
    limit_.expires_after(time_limit);
    limit_.async_wait([self = shared_from_this(), number = ++runs_](const error_code& cancelled) {
      const bool is_current = self->in_flight_ != nullptr && self->runs_ == number;
      if (!cancelled && is_current) self->in_flight_->interrupt(Interruption::Cause::timeout);
    });
    const outbound::Ended ended = co_await outbound::run_program(executor_, std::move(plan), interruption);
    in_flight_ = nullptr;
    limit_.cancel();
    if (!ended_) tell(ended);
  }

  // Once: most machines have no such program, or no desktop.
  void tell(const outbound::Ended& ended) {
    const bool shown = !ended.error && WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 0;
    if (shown || std::exchange(told_, true)) return;
    const std::string why = ended.error ? ended.error.message() : ended.said;
    spdlog::info("alerts are not shown on the desktop why={}", log_value(why));
  }

  Executor executor_;
  Command command_;
  std::optional<rlim_t> descriptors_;
  Timer limit_;
  std::deque<Argv> waiting_;
  std::map<Name, SteadyPoint> shown_;
  Interruption* in_flight_ = nullptr;
  std::uint64_t runs_ = 0;
  bool running_ = false;
  bool told_ = false;
  bool ended_ = false;
};

Desktop::Desktop(boost::asio::io_context& loop, Command command, std::optional<rlim_t> descriptors)
    : crier_(std::make_shared<Crier>(loop.get_executor(), std::move(command), descriptors)) {}
Desktop::~Desktop() { crier_->end(); }

void Desktop::show(const Alert& alert) { crier_->show(alert); }

}  // namespace portd::notify
