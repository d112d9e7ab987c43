#pragma once

#include <functional>
#include <utility>

namespace portd::outbound {

// How an attempt in flight is broken off from outside: a time-out, or nobody wants it any more. Loop thread only.
class Interruption {
 public:
  enum class Cause { none, timeout, ended };

  Cause cause() const { return cause_; }
  bool happened() const { return cause_ != Cause::none; }

  // The first one counts. Whatever the attempt waits for completes soon; nothing of it runs before this returns.
  void interrupt(Cause cause) {
    if (happened()) return;
    cause_ = cause;
    if (action_) action_();
  }

  // What breaks off the attempt's present wait, while this lives.
  class Guard {
   public:
    Guard(Interruption& interruption, std::function<void()> action)
        : interruption_(interruption), outer_(std::exchange(interruption.action_, std::move(action))) {}
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() { interruption_.action_ = std::move(outer_); }

   private:
    Interruption& interruption_;
    std::function<void()> outer_;
  };

 private:
  Cause cause_ = Cause::none;
  std::function<void()> action_;
};

}  // namespace portd::outbound
