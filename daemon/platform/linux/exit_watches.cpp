#include "daemon/platform/linux/exit_watches.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include "common/descriptor.hpp"
#include "daemon/platform/descriptor_limit.hpp"

namespace portd::platform {

namespace asio = boost::asio;

struct ExitWatches::Watch {
  ProcessId id;
  asio::posix::stream_descriptor pidfd;
  std::function<void()> exited;
};

namespace {

// Called directly: the C library has it only since glibc 2.36. Sets close-on-exec by itself.
Descriptor open_pidfd(pid_t pid) { return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))); }

}  // namespace

ExitWatches::ExitWatches(asio::io_context& loop, ExitPolls::Alive alive)
    : loop_(loop), alive_(alive), polls_(loop, std::move(alive)) {}

void ExitWatches::add(const ProcessId& id, std::function<void()> exited) {
  if (watches_.contains(key_of(id)) || polls_.contains(id)) return;
  Descriptor pidfd = open_pidfd(id.pid);
  auto watch = std::make_shared<Watch>(Watch{id, asio::posix::stream_descriptor(loop_), std::move(exited)});
  // Asked after opening: from here on the pidfd is of the process that is meant.
  if (!alive_(id)) return report(key_of(id), watch);
  boost::system::error_code failed;
  if (pidfd && !in_reserve(pidfd.get())) watch->pidfd.assign(pidfd.get(), failed);
  if (!watch->pidfd.is_open()) return polls_.add(id, std::move(watch->exited));
  pidfd.release();
  wait(key_of(id), watch);
}

void ExitWatches::remove(const ProcessId& id) {
  watches_.erase(key_of(id));
  polls_.remove(id);
}

void ExitWatches::wait(const Key& key, const std::shared_ptr<Watch>& watch) {
  watches_.emplace(key, watch);
  watch->pidfd.async_wait(asio::posix::stream_descriptor::wait_read,
                          [this, key, weak = std::weak_ptr(watch)](const boost::system::error_code& cancelled) {
                            if (!cancelled) fire(key, weak);
                          });
}

void ExitWatches::report(const Key& key, const std::shared_ptr<Watch>& watch) {
  watches_.emplace(key, watch);
  asio::post(loop_, [this, key, weak = std::weak_ptr(watch)] { fire(key, weak); });
}

// The watch lives only as long as this does, so nothing of this is touched before that is known.
void ExitWatches::fire(const Key& key, const std::weak_ptr<Watch>& watch) {
  const auto live = watch.lock();
  if (!live) return;
  // Asio may hand a readiness that was meant for a descriptor just closed to the next one that is opened: its state is
  // used again while it is still queued. A read would find nothing there; a wait has to look for itself.
  if (alive_(live->id)) return wait(key, live);
  watches_.erase(key);
  live->exited();
}

}  // namespace portd::platform
