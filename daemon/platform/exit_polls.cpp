#include "daemon/platform/exit_polls.hpp"

#include <chrono>
#include <vector>

namespace portd::platform {
namespace {

constexpr std::chrono::milliseconds between_polls{50};

}  // namespace

void ExitPolls::add(const ProcessId& id, std::function<void()> exited) {
  watches_.try_emplace(key_of(id), std::pair(id, std::move(exited)));
  arm();
}

void ExitPolls::remove(const ProcessId& id) {
  watches_.erase(key_of(id));
  if (watches_.empty()) timer_.cancel();  // or the loop would wait for it
}

void ExitPolls::arm() {
  if (armed_ || watches_.empty()) return;
  armed_ = true;
  timer_.expires_after(between_polls);
  timer_.async_wait([this, here = std::weak_ptr(here_)](const boost::system::error_code&) {
    if (here.expired()) return;
    armed_ = false;
    poll();
  });
}

void ExitPolls::poll() {
  std::vector<Watches::key_type> gone;
  for (const auto& [key, watch] : watches_) {
    if (!alive_(watch.first)) gone.push_back(key);
  }
  for (const auto& key : gone) {
    auto node = watches_.extract(key);  // empty when an earlier callback ended this watch
    if (!node.empty()) node.mapped().second();
  }
  arm();
}

}  // namespace portd::platform
