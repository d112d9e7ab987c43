#include "daemon/notify/webhook.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <random>
#include <utility>

#include "common/printable.hpp"
#include "daemon/notify/alert_text.hpp"
#include "daemon/notify/backoff.hpp"
#include "daemon/notify/delivery_queue.hpp"
#include "daemon/outbound/http_exchange.hpp"
#include "daemon/outbound/interruption.hpp"
#include "daemon/task.hpp"

namespace portd::notify {
namespace {

using boost::system::error_code;
using outbound::Interruption;

constexpr int most_refusals = 3;

// What became of one try.
struct Outcome {
  enum class Kind { delivered, failed, refused, broken_off };
  Kind kind = Kind::failed;
  std::string why{};
};

double any_chance() {
  static std::minstd_rand random{std::random_device{}()};  // jitter, nothing more
  return std::uniform_real_distribution<double>()(random);
}

std::string authority_of(const HttpUrl& url) {
  const bool is_v6 = url.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + url.host + "]" : url.host) + ":" + url.port.text();
}

std::string request_text(const HttpUrl& to, const Delivery& delivery, const std::string& host) {
  const std::string body = webhook_body(delivery.alert, host);
  std::string text = "POST " + to.target + " HTTP/1.1\r\nHost: " + authority_of(to);
  text += "\r\nUser-Agent: portd/" PORTD_VERSION "\r\nConnection: close\r\nContent-Type: application/json";
  text += "\r\nIdempotency-Key: " + delivery.id + "\r\nX-Portd-Delivery: " + delivery.id;
  return text + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Outcome outcome_of(const outbound::HttpAnswer& answer) {
  if (!answer.flaw().empty()) return {Outcome::Kind::failed, answer.flaw()};
  if (!answer.has_head()) return {Outcome::Kind::failed, "no answer in time"};
  const unsigned status = answer.status();
  if (status / 100 == 2) return {Outcome::Kind::delivered};
  const bool is_redirect = status / 100 == 3;
  const bool is_final = status == 400 || status == 413 || status == 422;
  return {is_final ? Outcome::Kind::refused : Outcome::Kind::failed,
          answer.title() + (is_redirect ? ", redirects are not followed" : "")};
}

}  // namespace

// Shared by the coroutine that runs for it: the loop may keep its frame after the webhook has gone.
class Webhook::Courier : public std::enable_shared_from_this<Webhook::Courier> {
 public:
  Courier(const Executor& executor, std::string host, Pace pace)
      : executor_(executor),
        host_(std::move(host)),
        pace_(std::move(pace)),
        queue_(pace_.most_waiting),
        backoff_(pace_.first_pause, pace_.longest_pause),
        pause_(executor),
        limit_(executor) {
    if (!pace_.chance) pace_.chance = any_chance;
  }

  void use(std::optional<HttpUrl> url) {
    if (url == url_) return;
    url_ = std::move(url);
    if (!url_ && !queue_.empty()) spdlog::warn("alerts not delivered, no webhook any more count={}", queue_.size());
    if (!url_) queue_.clear();
    backoff_.reset();
    failing_ = false;
    break_off();
  }

  void deliver(const Alert& alert) {
    if (!url_) return;
    if (const auto fallen = queue_.push({delivery_id(alert), alert})) tell_lost(*fallen, "too many wait");
    if (!std::exchange(running_, true)) begin();
  }

  void end() {
    ended_ = true;
    break_off();
  }

  std::size_t waiting() const { return queue_.size(); }
  std::size_t lost() const { return lost_; }

 private:
  void break_off() {
    pause_.cancel();
    if (in_flight_ != nullptr) in_flight_->interrupt(Interruption::Cause::ended);
  }

  void begin() {
    boost::asio::co_spawn(executor_, run(shared_from_this()), [self = shared_from_this()](std::exception_ptr failure) {
      if (failure) self->give_up(failure);
    });
  }

  // A bug; the next alert begins anew.
  void give_up(const std::exception_ptr& failure) {
    running_ = false;
    in_flight_ = nullptr;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      spdlog::error("event=webhook-failed what={}", log_value(error.what()));
    }
  }

  // Until nothing waits. `self` keeps the courier while this is suspended.
  static Task<void> run(std::shared_ptr<Courier> self) {
    co_await boost::asio::post(self->executor_, awaited);  // deliver() waits for nothing
    while (!self->ended_ && !self->queue_.empty()) {
      const Delivery delivery = self->queue_.front();
      const Outcome outcome = co_await self->attempt(*self->url_, delivery);
      if (self->ended_) break;
      if (self->conclude(delivery, outcome)) continue;
      error_code ignored;
      self->pause_.expires_after(self->backoff_.next(self->pace_.chance()));
      co_await self->pause_.async_wait(boost::asio::redirect_error(awaited, ignored));
    }
    self->running_ = false;
  }

  Task<Outcome> attempt(HttpUrl to, Delivery delivery) {
    Interruption interruption;
    in_flight_ = &interruption;
    limit_.expires_after(pace_.timeout);
    limit_.async_wait([self = shared_from_this(), number = ++attempts_](const error_code& cancelled) {
      const bool is_current = self->in_flight_ != nullptr && self->attempts_ == number;
      if (!cancelled && is_current) self->in_flight_->interrupt(Interruption::Cause::timeout);
    });
    Outcome outcome = co_await exchange(std::move(to), std::move(delivery), interruption);
    in_flight_ = nullptr;
    limit_.cancel();
    if (interruption.cause() == Interruption::Cause::ended) outcome.kind = Outcome::Kind::broken_off;
    co_return outcome;
  }

  Task<Outcome> exchange(HttpUrl to, Delivery delivery, Interruption& interruption) {
    outbound::Socket socket(executor_);
    const outbound::Connected connected = co_await outbound::connect(socket, to.host, to.port, interruption);
    if (interruption.happened()) co_return Outcome{Outcome::Kind::failed, "no connection in time"};
    if (connected.error) {
      co_return Outcome{Outcome::Kind::failed, outbound::connect_failure(connected, to.host, to.port)};
    }
    const Interruption::Guard guard(interruption, [&socket] {
      error_code ignored;
      socket.close(ignored);
    });
    outbound::HttpAnswer answer(false);
    const std::function<bool()> decided = [&answer] { return answer.has_head() || !answer.flaw().empty(); };
    co_await outbound::send(socket, request_text(to, delivery, host_));
    co_await outbound::receive(socket, answer, decided);
    co_return outcome_of(answer);
  }

  // Whether the next may go at once.
  bool conclude(const Delivery& delivery, const Outcome& outcome) {
    if (outcome.kind == Outcome::Kind::broken_off) return true;  // another webhook, or none any more
    if (outcome.kind == Outcome::Kind::delivered) {
      settle(delivery);
      if (std::exchange(failing_, false)) spdlog::info("webhook takes alerts again waiting={}", queue_.size());
      return true;
    }
    if (outcome.kind == Outcome::Kind::refused && ++refusals_ >= most_refusals) {
      settle(delivery);
      tell_lost(delivery, outcome.why);
      return true;
    }
    if (!std::exchange(failing_, true)) {
      spdlog::warn("webhook fails, tried again alert={} why={}", delivery.id, log_value(outcome.why));
    }
    return false;
  }

  void settle(const Delivery& delivery) {
    queue_.remove(delivery.id);
    backoff_.reset();
    refusals_ = 0;
  }

  void tell_lost(const Delivery& delivery, const std::string& why) {
    ++lost_;
    spdlog::warn("alert not delivered alert={} why={} lost={}", delivery.id, log_value(why), lost_);
  }

  Executor executor_;
  std::string host_;
  Pace pace_;
  std::optional<HttpUrl> url_;
  DeliveryQueue queue_;
  Backoff backoff_;
  Timer pause_;  // between two tries
  Timer limit_;  // of one
  Interruption* in_flight_ = nullptr;
  std::uint64_t attempts_ = 0;
  int refusals_ = 0;  // of the first in the queue
  std::size_t lost_ = 0;
  bool running_ = false;
  bool failing_ = false;  // said in the log
  bool ended_ = false;
};

Webhook::Webhook(boost::asio::io_context& loop, std::string host, Pace pace)
    : courier_(std::make_shared<Courier>(loop.get_executor(), std::move(host), std::move(pace))) {}
Webhook::~Webhook() { courier_->end(); }

void Webhook::use(std::optional<HttpUrl> url) { courier_->use(std::move(url)); }
void Webhook::deliver(const Alert& alert) { courier_->deliver(alert); }
std::size_t Webhook::waiting() const { return courier_->waiting(); }
std::size_t Webhook::fallen_out() const { return courier_->lost(); }

}  // namespace portd::notify
