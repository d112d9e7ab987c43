#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/alert.hpp"
#include "common/http_url.hpp"
#include "common/time.hpp"

namespace portd::notify {

// Takes each change of an alert to one receiver, in order: a POST, tried again with the same Idempotency-Key until it
// is answered with 2xx. No redirects; what never will be taken (400, 413, 422) is given up after three answers.
// Whatever does not arrive is said in the log. Loop thread only.
class Webhook {
 public:
  // How patient it is.
  struct Pace {
    Millis timeout{5'000};      // of one try
    Millis first_pause{1'000};  // after the first that failed
    Millis longest_pause{60'000};
    std::size_t most_waiting = 256;
    std::function<double()> chance{};  // in [0, 1), for the jitter; empty: random
  };

  // `host`: the name of this machine, for the receiver. `loop` must outlive it; what it leaves there touches nothing.
  Webhook(boost::asio::io_context& loop, std::string host, Pace pace);
  Webhook(const Webhook&) = delete;
  Webhook& operator=(const Webhook&) = delete;
  ~Webhook();

  // Where to from now on; what waits goes there, or nowhere.
  void use(std::optional<HttpUrl> url);
  void deliver(const Alert& alert);

  std::size_t waiting() const;
  std::size_t fallen_out() const;  // since the start

 private:
  class Courier;
  std::shared_ptr<Courier> courier_;  // shared with its coroutine
};

}  // namespace portd::notify
