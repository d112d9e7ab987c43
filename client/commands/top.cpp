#include <signal.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "client/commands/commands.hpp"
#include "client/contested_ports.hpp"
#include "client/key_options.hpp"
#include "client/terminal_screen.hpp"
#include "client/top_frame.hpp"
#include "common/lease_json.hpp"

namespace portd::client {
namespace {

using std::chrono::steady_clock;

struct TopOptions {
  bool once = false;
  bool all = false;
};

constexpr Millis shortest_pause{1'000};        // between two looks, however much happens
constexpr Millis longest_without_look{5'000};  // foreign listeners and latencies change without an event

// One look at portd, and its JSON.
struct Look {
  TopSnapshot snapshot;
  Json json;
};

Outcome<Look> look(Session& session, Api& portd) {
  const auto health = portd.health();
  if (!health) return health.error();
  auto ports = portd.all_ports();
  if (!ports) return ports.error();
  auto services = portd.instances({});
  if (!services) return services.error();
  auto contested = contested_ports(portd, ports->report.leases);
  Look look;
  TopSnapshot& seen = look.snapshot;
  seen.version = health->value("version", "");
  seen.health = health->value("status", "");
  seen.leases = std::move(ports->report.leases);
  seen.foreign = std::move(ports->report.foreign);
  seen.contested = std::move(contested.reports);
  for (ListedInstance& each : services->instances) seen.services.push_back(std::move(each.instance));
  if (const auto alerts = portd.count_raised_alerts()) seen.alerts = *alerts;
  seen.project = project_of_folder(session.environment());
  seen.view = viewpoint_of(session.environment(), portd.connection());
  look.json = Json{{"health", *health},
                   {"ports", std::move(ports->json)},
                   {"services", std::move(services->json)},
                   {"contested", std::move(contested.json)}};
  return look;
}

Outcome<Exit> show_once(Session& session, const TopOptions& options) {
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto seen = look(session, **portd);
  if (!seen) return seen.error();
  if (session.json()) {
    session.print(seen->json);
    return Exit::yes;
  }
  TopChoice choice;
  choice.foreign = options.all;
  for (const std::string& line : top_frame(seen->snapshot, choice, {}, "", session.environment().colour)) {
    session.print_safe(line + "\n");
  }
  return Exit::yes;
}

// The view on the whole terminal, until it is left.
class Top {
 public:
  Top(Session& session, const TopOptions& options) : session_(session) { choice_.foreign = options.all; }

  Outcome<Exit> run() {
    auto portd = session_.portd();
    if (!portd) return portd.error();
    const auto first = look(session_, **portd);
    if (!first) return first.error();
    snapshot_ = first->snapshot;
    looked_at_ = steady_clock::now();
    follow((*portd)->connection().address());
    const auto signal = watch();
    if (signal && *signal != SIGINT) ::raise(*signal);  // the screen is as it was
    return Exit::yes;
  }

 private:
  // The signal that ended it; nothing: a key.
  std::optional<int> watch() {
    TerminalScreen screen;
    for (;;) {
      size_ = screen.size();
      screen.show(top_frame(snapshot_, choice_, size_, hint(), session_.environment().colour));
      const ScreenEvent event = screen.wait(events_ ? events_->connection().descriptor() : -1, time_to_look());
      if (event.end) return event.end;
      for (const KeyPress key : event.keys) {
        if (key == KeyPress::quit) return std::nullopt;
        apply(key);
      }
      if (event.readable) read_events();
      if (time_to_look() <= Millis(0)) look_again();
    }
  }

  // What comes on the stream says that something is new; what it is, the next look shows.
  void follow(const Address& address) {
    events_.reset();
    auto connection = Connection::open(address);
    if (!connection) return;
    events_.emplace(std::move(*connection));
    if (!events_->open_events("")) events_.reset();
  }

  void read_events() {
    news_ = true;
    if (!events_->read_events()) events_.reset();
  }

  Millis time_to_look() const {
    const auto due = looked_at_ + (news_ || !events_ ? shortest_pause : longest_without_look);
    return std::max(std::chrono::ceil<Millis>(due - steady_clock::now()), Millis(0));
  }

  void look_again() {
    auto portd = events_ ? session_.running_portd() : session_.reconnected();
    news_ = false;
    looked_at_ = steady_clock::now();
    trouble_ = portd ? "" : portd.error().detail;
    if (!portd) return events_.reset();
    if (!events_) follow((*portd)->connection().address());
    auto seen = look(session_, **portd);
    if (seen) {
      snapshot_ = std::move(seen->snapshot);
    } else {
      trouble_ = seen.error().detail;
      events_.reset();
    }
    keep_in_bounds();
  }

  std::size_t count() const { return top_rows(snapshot_, choice_.order, choice_.foreign).size(); }

  void keep_in_bounds() {
    const std::size_t rows = count();
    const std::size_t room = rows_that_fit(size_);
    choice_.first = std::min(choice_.first, rows > room ? rows - room : 0);
  }

  void apply(KeyPress key) {
    const std::size_t page = std::max<std::size_t>(rows_that_fit(size_), 1);
    const auto back = [this](std::size_t rows) { choice_.first -= std::min(choice_.first, rows); };
    switch (key) {
      case KeyPress::up:
        back(1);
        break;
      case KeyPress::down:
        choice_.first += 1;
        break;
      case KeyPress::page_up:
        back(page);
        break;
      case KeyPress::page_down:
        choice_.first += page;
        break;
      case KeyPress::home:
        choice_.first = 0;
        break;
      case KeyPress::end:
        choice_.first = count();
        break;
      case KeyPress::sort:
        choice_.order = next_order(choice_.order);
        break;
      case KeyPress::all:
        choice_.foreign = !choice_.foreign;
        break;
      case KeyPress::quit:
        break;
    }
    keep_in_bounds();
  }

  std::string hint() const {
    if (!trouble_.empty()) return "waiting: " + trouble_;
    const std::size_t rows = count();
    const std::size_t last = std::min(rows, choice_.first + rows_that_fit(size_));
    const std::string rows_shown = rows == 0 ? "none" : std::to_string(choice_.first + 1) + "-" + std::to_string(last);
    return rows_shown + " of " + std::to_string(rows) + "  q quit  s sort: " + std::string(name_of(choice_.order)) +
           "  a foreign: " + (choice_.foreign ? "shown" : "hidden") + "  j/k scroll";
  }

  Session& session_;
  TopChoice choice_;
  TopSnapshot snapshot_;
  FrameSize size_;
  std::optional<Api> events_;  // a connection of its own
  std::string trouble_;        // why there is nothing new
  bool news_ = false;
  SteadyPoint looked_at_{};
};

Outcome<Exit> show_top(Session& session, const TopOptions& options) {
  const Terminals& terminals = session.environment().terminals;
  const bool live = terminals.in && terminals.out && !options.once && !session.json();
  return live ? Top(session, options).run() : show_once(session, options);
}

Run declare_top(CLI::App& app) {
  const auto options = std::make_shared<TopOptions>();
  app.add_flag("--once", options->once, "Print it once and end; so it is without a terminal, too");
  app.add_flag("--all", options->all, "Also who listens without a lease");
  return [options](Session& session) { return show_top(session, *options); };
}

}  // namespace

Verb top_verb() {
  return {"top",
          "Watch the leases and services, as they change",
          "Keys: q quit, arrows or j and k scroll, s sort by the next column, a show foreign listeners or not.\n"
          "\n"
          "Examples:\n"
          "  portc top\n"
          "  portc top --all --once\n"
          "  portc top --json | jq .health.status",
          declare_top,
          false,
          true};
}

}  // namespace portd::client
