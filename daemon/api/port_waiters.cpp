#include "daemon/api/port_waiters.hpp"

#include <boost/asio/redirect_error.hpp>

namespace portd::api {

Task<void> PortWaiters::wait(SteadyPoint deadline) {
  if (ended_) co_return;
  const auto timer = waiting_.emplace(waiting_.end(), executor_, deadline);
  boost::system::error_code woken;
  co_await timer->async_wait(boost::asio::redirect_error(awaited, woken));
  waiting_.erase(timer);
}

void PortWaiters::wake_all() {
  for (Timer& timer : waiting_) timer.cancel();
}

void PortWaiters::end() {
  ended_ = true;
  wake_all();
}

}  // namespace portd::api
