#include <CLI/App.hpp>
#include <algorithm>
#include <memory>

#include "client/backoff.hpp"
#include "client/commands/commands.hpp"
#include "client/event_parser.hpp"
#include "client/event_text.hpp"
#include "client/key_options.hpp"
#include "client/quiet_interrupt.hpp"
#include "common/wording.hpp"

namespace portd::client {
namespace {

struct EventsOptions {
  std::vector<std::string> patterns;
  std::string since;
  int count = 0;  // 0: without end
};

constexpr Millis longest_reconnect_pause{2'000};

// Prints events until it is interrupted, nobody reads them any more, or there were enough.
class Follower {
 public:
  Follower(Session& session, const EventsOptions& options)
      : session_(session),
        options_(options),
        project_(project_of_folder(session.environment())),
        last_id_(options.since) {}

  Outcome<Exit> run() {
    auto portd = session_.portd();
    if (!portd) return portd.error();
    auto failure = follow(**portd);
    for (; failure && failure->exit == Exit::no_daemon; failure = follow_again()) {
    }
    if (failure) return *failure;
    return Exit::yes;
  }

 private:
  // Nothing: it is over. Else why the stream broke.
  std::optional<Failure> follow(Api& portd) {
    if (auto opened = portd.open_events(last_id_); !opened) return opened.error();
    if (std::exchange(told_, false)) session_.note("portd answers again");
    parser_.restart();
    while (!parser_.too_large()) {
      const auto bytes = portd.read_events();
      if (!bytes) return bytes.error();
      backoff_.reset();
      for (const StreamEvent& event : parser_.feed(*bytes)) {
        if (!show(event)) return std::nullopt;
      }
      if (!parser_.last_id().empty()) last_id_ = parser_.last_id();
    }
    return Failure{Exit::no, "portd sent an event of more than 1 MB"};
  }

  // Connects to whatever portd there is by now; it may be restarting.
  std::optional<Failure> follow_again() {
    backoff_.pause(longest_reconnect_pause);
    auto portd = session_.reconnected();
    if (portd) return follow(**portd);
    if (!std::exchange(told_, true)) session_.note("portd does not answer; waiting for it");
    return portd.error();
  }

  // Whether to go on. A gap in what was seen (`reset`) is told whatever was asked for.
  bool show(const StreamEvent& event) {
    const bool wanted = options_.patterns.empty() || std::ranges::any_of(options_.patterns, [&event](const auto& each) {
                          return matches_event(each, event.event);
                        });
    if (!wanted && event.event != "reset") return true;
    const auto data = parse_json(event.data);
    if (!data) {
      session_.note("portd sent an event that is not JSON: " + in_quotes(event.data));
      return true;
    }
    if (session_.json()) {
      session_.print_json_line(*data);
    } else {
      session_.print_safe(event_line(event.event, *data, project_, session_.environment().colour) + "\n");
    }
    ++shown_;
    return session_.flush() && shown_ != options_.count;
  }

  Session& session_;
  const EventsOptions& options_;
  std::string project_;
  std::string last_id_;
  EventParser parser_;
  Backoff backoff_{longest_reconnect_pause};
  bool told_ = false;  // that portd is away
  int shown_ = 0;
};

bool fits_a_header(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

Outcome<Exit> follow_events(Session& session, const EventsOptions& options) {
  for (const std::string& pattern : options.patterns) {
    if (matches_some_event(pattern)) continue;
    return Failure{Exit::usage, "no event matches " + in_quotes(pattern) + event_hint(pattern)};
  }
  if (!fits_a_header(options.since)) {
    return Failure{Exit::usage, "--since is a revision as portd gave it, not " + in_quotes(options.since)};
  }
  const QuietInterrupt interrupt;
  return Follower(session, options).run();
}

Run declare_events(CLI::App& app) {
  const auto options = std::make_shared<EventsOptions>();
  app.add_option("--event", options->patterns,
                 "Only these, e.g. service.status or 'lease.*'; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--since", options->since, "First what came after this revision");
  app.add_option("--count", options->count, "End after so many events")->check(CLI::Range(1, 1'000'000'000));
  return [options](Session& session) { return follow_events(session, *options); };
}

}  // namespace

Verb events_verb() {
  return {
      "events",
      "Show what happens, as it happens, until interrupted",
      "A line an event; with --json an object a line. When portd restarts, it goes on where it was; what was missed\n"
      "meanwhile and cannot be told any more is an event called reset.\n"
      "\n"
      "Examples:\n"
      "  portc events\n"
      "  portc events --event 'service.*' --event check.status\n"
      "  portc events --event service.status --count 1 --json | jq -r .service.status\n"
      "  portc events --since \"$(portc discover --json | jq -r .revision)\"",
      declare_events,
      false,
      true};
}

}  // namespace portd::client
