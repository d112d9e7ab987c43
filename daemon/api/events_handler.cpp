// GET /events.
#include <chrono>
#include <functional>

#include "daemon/api/event_text.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/query.hpp"
#include "daemon/api/stream.hpp"

namespace portd::api {
namespace {

constexpr std::chrono::seconds between_heartbeats{15};
constexpr Millis gathering{5};  // what comes so soon after other news waits for more, and goes with it
constexpr std::size_t most_at_once = std::size_t{64} * 1024;

// Where a reader begins, and what it has to be told first.
struct Beginning {
  core::EventLog::Position position = 0;
  std::string said{};
};

Beginning beginning_of(const core::EventLog& log, const std::optional<std::string_view>& last_event_id, TimePoint now) {
  if (!last_event_id || last_event_id->empty()) return {log.end(), ": portd tells what changes from now on\n\n"};
  const auto revision = Revision::parse(*last_event_id);
  const auto position = revision ? log.after(*revision) : std::nullopt;
  if (position) return {*position, ": goes on\n\n"};
  return {log.end(),
          reset_text(log.newest(), now, "what happened after that event is not known any more; read the lists again")};
}

// The next news, or `quiet`. The first goes at once; of a storm, each reader is sent a few large pieces, not each
// event.
Task<void> news(Call& call, SteadyPoint sent, SteadyPoint quiet) {
  co_await call.event_waiters.wait(quiet);
  const SteadyPoint gathered = sent + gathering;
  const std::function<bool(const core::Event&)> none = [](const core::Event&) { return false; };
  if (std::chrono::steady_clock::now() < gathered) co_await call.event_waiters.wait(gathered, none);
}

}  // namespace

// A reader keeps nothing but its place in the log. One that is too slow for it is dropped; it comes back with the id of
// the last event that it has seen.
Task<std::optional<Response>> stream_events(Call& call, Stream& stream) {
  if (auto query = Query::parse(call.request.query, {}); !query) co_return problem_response(query.error());
  const metrics::Events::Reader reader(call.context.metrics.events());
  const core::EventLog& log = call.context.events;
  const Beginning beginning = beginning_of(log, call.request.last_event_id, call.context.now().wall);
  core::EventLog::Position position = beginning.position;
  SteadyPoint sent{};
  bool open = co_await stream.open(event_stream_headers());
  if (open) open = co_await stream.write(beginning.said);
  while (open && !call.event_waiters.ended()) {
    if (position < log.begin()) break;
    if (position == log.end()) {
      const SteadyPoint quiet = std::chrono::steady_clock::now() + between_heartbeats;
      co_await news(call, sent, quiet);
      const bool nothing = position == log.end() && !call.event_waiters.ended();
      if (nothing && std::chrono::steady_clock::now() >= quiet) open = co_await stream.write(": quiet\n\n");
      continue;
    }
    std::string batch;
    while (position < log.end() && batch.size() < most_at_once) batch += call.event_texts.at(log, position++);
    open = co_await stream.write(batch);
    sent = std::chrono::steady_clock::now();
  }
  co_return std::nullopt;
}

}  // namespace portd::api
