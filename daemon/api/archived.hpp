#pragma once

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "daemon/core/archive.hpp"
#include "daemon/task.hpp"

namespace portd::api {

// What the archive answers to `ask`, a function that takes a core::Archive::Done<T>; store_unavailable when that takes
// too long.
template <class T, class Ask>
Task<Result<T>> archived(Ask ask) {
  struct Reading {
    explicit Reading(Executor executor) : over(executor) {}
    Timer over;
    std::optional<Result<T>> answer{};
  };
  // Shared: an answer may come when nobody waits for it any more.
  const Executor executor = co_await boost::asio::this_coro::executor;
  const auto reading = std::make_shared<Reading>(executor);
  reading->over.expires_after(core::Archive::longest_wait);
  core::Archive::Done<T> done = [reading](Result<T> answer) {
    reading->answer = std::move(answer);
    reading->over.cancel();
  };
  ask(std::move(done));
  boost::system::error_code cancelled;
  if (!reading->answer) co_await reading->over.async_wait(boost::asio::redirect_error(awaited, cancelled));
  if (reading->answer) co_return std::move(*reading->answer);
  co_return Error{
      Problem::store_unavailable,
      "the history does not answer, its disk may be slow: ask again, or for less with port, since and until"};
}

}  // namespace portd::api
