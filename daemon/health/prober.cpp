#include "daemon/health/prober.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <deque>
#include <map>
#include <stdexcept>
#include <utility>

#include "daemon/health/command_probe.hpp"
#include "daemon/health/http_probe.hpp"
#include "daemon/health/tcp_probe.hpp"
#include "daemon/task.hpp"

namespace portd::health {
namespace {

using boost::system::error_code;
using core::CheckId;
using Verdict = core::Finding::Verdict;

constexpr Millis least_pause{1};  // whatever the desk says, nothing spins
constexpr Millis pause_after_bug{1'000};

SteadyPoint now() { return std::chrono::steady_clock::now(); }

// One check that is followed.
struct Followed {
  Followed(CheckId check, const Executor& executor) : id(check), timer(executor) {}

  CheckId id;
  Timer timer;  // until it is due, until its turn, or until the probe has timed out: one at a time
  SteadyPoint earliest{};
  outbound::Interruption* in_flight = nullptr;  // breaks off the probe
  std::uint64_t probes = 0;
  bool has_turn = false;
  bool ended = false;  // the desk must not hear of it any more
};

using Shared = std::shared_ptr<Followed>;

// Checks that are due at nearly the same moment are made at one: a wake-up costs as much as a probe. No later than 25
// ms, and less the sooner it is.
SteadyPoint together(SteadyPoint due, SteadyPoint at) {
  constexpr std::chrono::nanoseconds coarse = Millis(25);
  constexpr int share = 256;
  if (due == SteadyPoint::max()) return due;
  std::chrono::nanoseconds grid = coarse;
  while (grid > (due - at) / share) grid /= 2;
  if (grid < Millis(1)) return due;
  return due + (grid - due.time_since_epoch() % grid) % grid;
}

// Until then, or until its timer is cancelled.
Task<void> wait(Followed& followed, SteadyPoint until) {
  error_code ignored;
  followed.timer.expires_at(until);
  co_await followed.timer.async_wait(boost::asio::redirect_error(awaited, ignored));
}

void log(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    spdlog::error("event=check-failed what=\"{}\"", error.what());
  }
}

// A probe is in flight, and is broken off when its time is up.
class Flight {
 public:
  Flight(Shared followed, Millis timeout) : followed_(std::move(followed)) {
    followed_->in_flight = &interruption_;
    followed_->timer.expires_after(timeout);
    followed_->timer.async_wait([followed = followed_, probe = ++followed_->probes](const error_code& cancelled) {
      const bool is_current = followed->in_flight != nullptr && followed->probes == probe;
      if (!cancelled && is_current) followed->in_flight->interrupt(outbound::Interruption::Cause::timeout);
    });
  }
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;
  ~Flight() { followed_->in_flight = nullptr; }

  void land() { followed_->timer.cancel(); }
  outbound::Interruption& interruption() { return interruption_; }

 private:
  Shared followed_;
  outbound::Interruption interruption_;
};

// How many probes are in flight; first come, first served.
class Turns {
 public:
  explicit Turns(std::size_t at_once) : free_(at_once) {}

  // The caller asks `ended` afterwards, and gives the turn back in any case.
  Task<void> take(Shared followed) {
    if (free_ > 0) {
      --free_;
      followed->has_turn = true;
      co_return;
    }
    waiting_.push_back(followed);
    while (!followed->has_turn && !followed->ended) co_await wait(*followed, SteadyPoint::max());
  }

  void give_back(Followed& followed) {
    if (!std::exchange(followed.has_turn, false)) return;
    ++free_;
    while (free_ > 0 && !waiting_.empty()) {
      const Shared next = std::move(waiting_.front());
      waiting_.pop_front();
      if (next->ended) continue;
      --free_;
      next->has_turn = true;
      next->timer.cancel();
    }
  }

 private:
  std::size_t free_;
  std::deque<Shared> waiting_;
};

// Shared by the coroutines that run for it: the loop may keep their frames after the prober has gone.
class Hub : public std::enable_shared_from_this<Hub> {
 public:
  Hub(const Executor& executor, core::ProbeDesk& desk, const Options& options)
      : executor_(executor), desk_(desk), options_(options), turns_(options.at_once) {}

  void begin(CheckId id) {
    auto followed = std::make_shared<Followed>(id, executor_);  // shared by the coroutine and by whoever ends it
    followed_[id] = followed;
    boost::asio::co_spawn(executor_, follow(shared_from_this(), followed), [](const std::exception_ptr& failure) {
      if (failure) log(failure);
    });
  }

  void end(CheckId id) {
    const auto found = followed_.extract(id);
    if (!found.empty()) break_off(*found.mapped());
  }

  void end_all() {
    for (const auto& [id, followed] : std::exchange(followed_, {})) break_off(*followed);
  }

  // A probe in flight goes on: its timer is its time-out.
  void hurry(CheckId id) {
    const auto found = followed_.find(id);
    if (found != followed_.end() && found->second->in_flight == nullptr) found->second->timer.cancel();
  }

 private:
  static void break_off(Followed& followed) {
    followed.ended = true;
    followed.timer.cancel();
    if (followed.in_flight != nullptr) followed.in_flight->interrupt(outbound::Interruption::Cause::ended);
  }

  // `self` keeps the hub while this is suspended.
  static Task<void> follow(std::shared_ptr<Hub> self, Shared followed) {
    co_await boost::asio::post(self->executor_, awaited);  // begin() calls nobody back
    while (!followed->ended) {
      bool failed = false;
      try {
        co_await self->look_when_due(followed);
      } catch (const std::exception&) {
        log(std::current_exception());
        failed = true;
      }
      self->turns_.give_back(*followed);
      followed->earliest = now() + least_pause;
      if (failed && !followed->ended) co_await wait(*followed, now() + pause_after_bug);
    }
  }

  // One look at the service, or the lapse of its ttl.
  Task<void> look_when_due(Shared followed) {
    while (true) {
      if (followed->ended) co_return;
      const SteadyPoint due = std::max(desk_.due(followed->id), followed->earliest);
      const SteadyPoint at = now();
      if (due <= at) break;
      co_await wait(*followed, together(due, at));
    }
    if (desk_.probe(followed->id).check.type == CheckType::ttl) co_return desk_.lapse(followed->id);
    co_await turns_.take(followed);
    if (followed->ended) co_return;
    core::Finding finding = co_await look(followed, desk_.probe(followed->id));
    if (followed->ended) co_return;
    tell_shortage(finding);
    desk_.record(followed->id, std::move(finding));
  }

  Task<core::Finding> look(Shared followed, core::Probe probe) {
    const SteadyPoint begin = now();
    Flight flight(followed, probe.check.schedule.timeout);
    core::Finding finding = co_await probe_by_type(probe, flight.interruption());
    flight.land();
    finding.latency = std::chrono::duration_cast<std::chrono::microseconds>(now() - begin);
    co_return finding;
  }

  Task<core::Finding> probe_by_type(const core::Probe& probe, outbound::Interruption& interruption) {
    switch (probe.check.type) {
      case CheckType::http:
        return probe_http(executor_, probe, interruption);
      case CheckType::tcp:
        return probe_tcp(executor_, probe, interruption);
      case CheckType::command:
        return probe_command(executor_, probe, options_.descriptors_before, interruption);
      case CheckType::ttl:
        break;
    }
    throw std::logic_error("a ttl check is not made");
  }

  // Once when it begins; the statuses stay as they are meanwhile.
  void tell_shortage(const core::Finding& finding) {
    const bool is_short = finding.verdict == Verdict::none;
    if (is_short && !short_of_resources_) spdlog::warn("event=checks-not-made what=\"{}\"", finding.output);
    short_of_resources_ = is_short;
  }

  Executor executor_;
  core::ProbeDesk& desk_;
  const Options options_;
  Turns turns_;
  std::map<CheckId, Shared> followed_;
  bool short_of_resources_ = false;
};

class HubProber : public core::Prober {
 public:
  explicit HubProber(std::shared_ptr<Hub> hub) : hub_(std::move(hub)) {}
  HubProber(const HubProber&) = delete;
  HubProber& operator=(const HubProber&) = delete;
  ~HubProber() override { hub_->end_all(); }

  void begin(CheckId id) override { hub_->begin(id); }
  void end(CheckId id) override { hub_->end(id); }
  void hurry(CheckId id) override { hub_->hurry(id); }

 private:
  std::shared_ptr<Hub> hub_;  // shared with the coroutines
};

}  // namespace

std::unique_ptr<core::Prober> create_prober(boost::asio::io_context& loop, core::ProbeDesk& desk, Options options) {
  return std::make_unique<HubProber>(std::make_shared<Hub>(loop.get_executor(), desk, options));
}

}  // namespace portd::health
