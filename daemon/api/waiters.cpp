#include "daemon/api/waiters.hpp"

#include <boost/asio/redirect_error.hpp>
#include <utility>

namespace portd::api {

Task<void> Waiters::wait(SteadyPoint deadline) {
  return wait(deadline, [](const core::Event&) { return true; });
}

Task<void> Waiters::wait(SteadyPoint deadline, std::function<bool(const core::Event&)> concerns) {
  if (ended_) co_return;
  const auto here = waiting_.emplace(waiting_.end(), Timer(executor_, deadline), std::move(concerns));
  boost::system::error_code woken;
  co_await here->timer.async_wait(boost::asio::redirect_error(awaited, woken));
  waiting_.erase(here);
}

void Waiters::wake_all() {
  for (Waiting& waiting : waiting_) waiting.timer.cancel();
}

void Waiters::wake(const core::Event& event) {
  for (Waiting& waiting : waiting_) {
    if (waiting.concerns(event)) waiting.timer.cancel();
  }
}

void Waiters::end() {
  ended_ = true;
  wake_all();
}

}  // namespace portd::api
