#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "tests/api/api_world.hpp"

namespace portd::test {
namespace {

using ::testing::HasSubstr;

// What is logged while this lives.
class Logged {
 public:
  explicit Logged(spdlog::level::level_enum level) : before_(spdlog::default_logger()) {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    sink->set_pattern("%l %v");
    auto logger = std::make_shared<spdlog::logger>("test", std::move(sink));
    logger->set_level(level);
    spdlog::set_default_logger(std::move(logger));
  }
  Logged(const Logged&) = delete;
  Logged& operator=(const Logged&) = delete;
  ~Logged() { spdlog::set_default_logger(before_); }

  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST(RequestLog, AtDebugEachRequestIsALineWithoutItsQuery) {
  ApiWorld world;
  const Logged log(spdlog::level::debug);
  world.ask("GET", "/ports?project=secret");
  world.ask("GET", "/nope/\"x");
  EXPECT_THAT(log.text(), HasSubstr("debug request method=GET path=\"/ports\" status=200 us="));
  EXPECT_THAT(log.text(), HasSubstr(" caller=tcp\n"));
  EXPECT_THAT(log.text(), ::testing::Not(HasSubstr("secret")));
}

TEST(RequestLog, TellsWhoAsksOverTheUnixSocket) {
  ApiWorld world;
  const Logged log(spdlog::level::debug);
  RawClient client = world.local_client();
  client.send(world.request("GET", "/health"));
  client.receive();
  EXPECT_THAT(log.text(), HasSubstr("path=\"/health\" status=200"));
  EXPECT_THAT(log.text(), ::testing::AnyOf(HasSubstr("caller=pid:"), HasSubstr("caller=unix")));
}

TEST(RequestLog, AStreamThatMayNotBeginIsNotAnswered200) {
  ApiWorld world;
  const Logged log(spdlog::level::debug);
  world.ask("GET", "/events?since=1");
  EXPECT_THAT(log.text(), HasSubstr("path=\"/events\" status=422"));
}

TEST(RequestLog, WhatIsNoRequestIsTold) {
  ApiWorld world;
  const Logged log(spdlog::level::debug);
  world.ask_raw("GET / HTTP/1.1\r\n\r\n");
  world.ask_raw("NONSENSE\r\n\r\n");
  EXPECT_THAT(log.text(), HasSubstr("request refused status=400 why="));
}

TEST(RequestLog, AtInfoThereIsNone) {
  ApiWorld world;
  const Logged log(spdlog::level::info);
  world.ask("GET", "/ports");
  EXPECT_EQ(log.text(), "");
}

}  // namespace
}  // namespace portd::test
