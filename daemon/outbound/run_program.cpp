#include "daemon/outbound/run_program.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <memory>

#include "common/time.hpp"
#include "daemon/outbound/readable.hpp"

namespace portd::outbound {
namespace {

using boost::system::error_code;
using Stream = boost::asio::posix::basic_stream_descriptor<Executor>;

constexpr Millis exit_poll{20};

// What a command says, read while it runs. Shared by whoever reads and whoever waits for the end.
class Output : public std::enable_shared_from_this<Output> {
 public:
  Output(const Executor& executor, int descriptor) : stream_(executor, descriptor) {}

  void read() {
    stream_.async_read_some(boost::asio::buffer(room_),
                            [self = shared_from_this()](const error_code& ended, std::size_t size) {
                              if (ended) return;
                              self->keep(size);
                              self->read();
                            });
  }

  // What is there already; a grandchild may keep the pipe open for ever.
  std::string finish() {
    error_code ended;
    stream_.non_blocking(true, ended);
    while (!ended && kept_.size() < output_kept) keep(stream_.read_some(boost::asio::buffer(room_), ended));
    stream_.close(ended);
    return lines(kept_, output_kept);
  }

 private:
  void keep(std::size_t size) { kept_.append(room_.data(), std::min(size, output_kept - kept_.size())); }

  Stream stream_;
  std::array<char, 16384> room_;
  std::string kept_;
};

// The process has become waitable; nothing where the system or its limits do not allow to be told (pidfd_open(2)).
Task<void> await_pidfd(Executor executor, pid_t pid) {
#ifdef SYS_pidfd_open
  const int number = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
  if (number < 0) co_return;
  Stream pidfd(executor, number);
  error_code ignored;
  co_await pidfd.async_wait(Stream::wait_read, boost::asio::redirect_error(awaited, ignored));
#else
  static_cast<void>(executor);
  static_cast<void>(pid);
  co_return;
#endif
}

Task<int> await_exit(Executor executor, ChildProcess& child) {
  co_await await_pidfd(executor, child.pid());
  std::optional<int> status = child.reap();
  Timer timer(executor);
  while (!status) {
    error_code ignored;
    timer.expires_after(exit_poll);
    co_await timer.async_wait(boost::asio::redirect_error(awaited, ignored));
    status = child.reap();
  }
  co_return *status;
}

}  // namespace

Task<Ended> run_program(Executor executor, ChildProcess::Plan plan, Interruption& interruption) {
  auto child = ChildProcess::start(plan);
  if (!child) co_return Ended{child.error()};
  const auto output = std::make_shared<Output>(executor, child->release_output());
  output->read();
  const Interruption::Guard guard(interruption, [&child] { child->kill(); });
  const int status = co_await await_exit(executor, *child);
  std::string said = output->finish();
  co_return Ended{child->run_error(), status, std::move(said)};
}

}  // namespace portd::outbound
