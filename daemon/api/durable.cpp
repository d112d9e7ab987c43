#include "daemon/api/durable.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

namespace portd::api {

Task<std::optional<Error>> durable(core::Journal& journal, Revision revision) {
  auto begin = [&journal, revision](auto handler) {
    // Shared: the journal's callback must be copyable and a handler is not.
    auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
    journal.when_durable(revision, [waiting](const std::optional<Error>& error) {
      // Not at once: whoever is told must not decide anew while the journal is still telling the others.
      auto resume = [waiting, error] { std::move (*waiting)(error); };
      boost::asio::post(boost::asio::get_associated_executor(*waiting), std::move(resume));
    });
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>,
                                                 void(std::optional<Error>)>(begin, awaited);
}

bool tells_of_a_lease(const Error& error) {
  const int status = row_of(error.problem).http_status;
  return status == 409 || status == 412;
}

}  // namespace portd::api
