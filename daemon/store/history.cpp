#include "daemon/store/history.hpp"

#include <utility>

#include "daemon/store/history_thread.hpp"

namespace portd::store {
namespace {

constexpr std::size_t most_asked = 64;  // at once

template <class T>
std::function<void(HistoryAnswer)> expecting(core::Archive::Done<T> done) {
  return [done = std::move(done)](HistoryAnswer answer) {
    if (auto* error = std::get_if<Error>(&answer)) return done(std::move(*error));
    done(std::get<T>(std::move(answer)));
  };
}

}  // namespace

History::History(Options options) : options_(std::move(options)) {
  if (!options_.enabled) return;
  HistoryThread::Tell tell = [this, post = options_.post, alive = std::weak_ptr<void>(alive_)](HistoryReport report) {
    post([this, alive, report = std::move(report)]() mutable {
      if (alive.expired()) return;
      trouble_ = std::move(report.trouble);
      lost_ = lost_ || report.lost;
      for (auto& [id, answered] : report.answers) answer(id, std::move(answered));
    });
  };
  thread_ = std::make_unique<HistoryThread>(options_.file, options_.limits, inbox_, std::move(tell));
}

History::~History() { stop(); }

void History::take(core::Records records) {
  if (thread_ && !inbox_.put(std::move(records))) lost_ = true;
}

bool History::take_loss() { return std::exchange(lost_, false); }

void History::find(core::HistoryQuery query, Done<core::HistoryPage> done) {
  ask(std::move(query), expecting<core::HistoryPage>(std::move(done)));
}

void History::sum(core::StatisticsQuery query, Done<core::Statistics> done) {
  ask(query, expecting<core::Statistics>(std::move(done)));
}

void History::ask(HistoryQuestion question, std::function<void(HistoryAnswer)> done) {
  if (!options_.enabled) {
    return done(Error{Problem::store_unavailable,
                      "portd keeps no history: set history.enabled to true (portc config set history.enabled true) and "
                      "restart portd"});
  }
  if (!thread_) return done(Error{Problem::store_unavailable, "portd is ending: ask again when it has started"});
  if (asked_.size() >= most_asked) {
    return done(Error{Problem::overloaded, "the history is asked for by too many at once: ask again in a second"});
  }
  asked_.emplace(++last_id_, std::move(done));
  inbox_.ask(last_id_, std::move(question));
}

void History::answer(std::uint64_t id, HistoryAnswer answer) {
  auto found = asked_.extract(id);
  if (!found.empty()) found.mapped()(std::move(answer));
}

void History::use(HistoryLimits limits) {
  if (thread_) inbox_.use(limits);
}

void History::stop() {
  if (!thread_) return;
  inbox_.stop();
  thread_.reset();
}

}  // namespace portd::store
