#include "daemon/platform/linux/exit_watches.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

#include "tests/platform/children.hpp"
#include "tests/platform/platform_world.hpp"

namespace portd::platform {
namespace {

using Stream = boost::asio::posix::stream_descriptor;

// The end of a pipe that can be read from at once.
Stream readable(boost::asio::io_context& loop) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  EXPECT_EQ(::write(ends[1], "x", 1), 1);
  ::close(ends[1]);
  return {loop, ends[0]};
}

class ExitWatchesTest : public test::PlatformWorld {
 protected:
  ProcessId id_of(const test::Child& child) { return platform_.processes->inspect(child.pid(), ::getuid())->id; }
};

// Both pipes are ready in the same round. Whoever is told first closes the other, whose readiness is queued already,
// and Asio gives the state of that one to the next descriptor that is opened.
TEST_F(ExitWatchesTest, AReadinessOfADescriptorThatWasJustClosedIsNoExit) {
  const test::Child child;
  ExitWatches watches(loop_, [this](const ProcessId& id) { return platform_.processes->alive(id); });
  int exits = 0;
  std::array<Stream, 2> pipes{readable(loop_), readable(loop_)};
  bool told = false;
  for (std::size_t i = 0; i < pipes.size(); ++i) {
    pipes.at(i).async_wait(Stream::wait_read, [&, i](const boost::system::error_code&) {
      if (std::exchange(told, true)) return;
      pipes.at(1 - i).close();
      watches.add(id_of(child), [&] { ++exits; });
    });
  }
  for (int round = 0; round < 10; ++round) loop_.poll();
  EXPECT_TRUE(told);
  EXPECT_EQ(exits, 0);
}

TEST_F(ExitWatchesTest, AnExitIsToldOnce) {
  test::Child child;
  ExitWatches watches(loop_, [this](const ProcessId& id) { return platform_.processes->alive(id); });
  int exits = 0;
  watches.add(id_of(child), [&] { ++exits; });
  child.end();
  EXPECT_TRUE(run_until([&] { return exits > 0; }));
  loop_.restart();
  loop_.poll();
  EXPECT_EQ(exits, 1);
}

}  // namespace
}  // namespace portd::platform
