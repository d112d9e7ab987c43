#include "daemon/containers/engine.hpp"

#include <gtest/gtest.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <string>

#include "tests/support/temp_folder.hpp"

namespace portd::containers {
namespace {

namespace asio = boost::asio;
using Unix = asio::local::stream_protocol;

// An engine that answers one question with these very bytes, and closes if it is told to.
class EngineTest : public ::testing::Test {
 protected:
  testing::TempFolder folder_;
  asio::io_context loop_{1};
  Unix::acceptor acceptor_{loop_, Unix::endpoint((folder_.path() / "docker.sock").string())};
  Unix::socket stream_{loop_};
  std::string question_;
  std::string answer_;
  bool told_ = false;
  std::optional<std::vector<core::PublishedPort>> published_;

  std::string socket() const { return (folder_.path() / "docker.sock").string(); }

  void serve(std::string answer, bool closes = true) {
    answer_ = std::move(answer);
    acceptor_.async_accept(stream_, [this, closes](const auto& failed) {
      if (failed) return;
      asio::async_read_until(stream_, asio::dynamic_buffer(question_), "\r\n\r\n", [this, closes](const auto&, auto) {
        asio::async_write(stream_, asio::buffer(answer_), [this, closes](const auto&, auto) {
          if (closes) stream_.close();
        });
      });
    });
  }
  bool ask(const std::string& path, std::chrono::milliseconds patience = std::chrono::seconds(60)) {
    Engine engine(loop_, path, patience);
    const bool asked = engine.ask([this](const auto& published) {
      EXPECT_FALSE(told_);
      told_ = true;
      published_ = published;
    });
    EXPECT_FALSE(told_);  // later
    while (asked && !told_ && loop_.run_one() > 0) continue;
    EXPECT_EQ(told_, asked);
    return asked;
  }
};

TEST_F(EngineTest, IsAskedForItsContainers) {
  serve(
      "HTTP/1.0 200 OK\r\n\r\n"
      R"([{"Names": ["/db"], "Ports": [{"PublicPort": 5432, "Type": "tcp"}]}])");
  ASSERT_TRUE(ask(socket()));
  EXPECT_TRUE(question_.starts_with("GET /containers/json HTTP/1.0\r\n"));
  ASSERT_TRUE(published_);
  EXPECT_EQ(published_->at(0).container.name, "db");
}

TEST_F(EngineTest, ThatIsNotThereIsNotAsked) {
  EXPECT_FALSE(ask(""));
  EXPECT_FALSE(ask("/does/not/exist"));
  EXPECT_FALSE(ask(folder_.write("file", "").string()));
  EXPECT_FALSE(ask("/" + std::string(500, 'x')));
}

TEST_F(EngineTest, IsAnotherWithAnotherSocket) {
  Engine engine(loop_, "/one");
  EXPECT_FALSE(engine.use("/one"));
  EXPECT_TRUE(engine.use("/other"));
  EXPECT_FALSE(engine.use("/other"));
}

TEST_F(EngineTest, ThatRefusesTellsNothing) {
  acceptor_.close();
  ASSERT_TRUE(ask(socket()));
  EXPECT_FALSE(published_);
}

TEST_F(EngineTest, ThatDoesNotEndIsGivenUp) {
  serve("HTTP/1.0 200 OK\r\n\r\n[]", false);
  ASSERT_TRUE(ask(socket(), std::chrono::milliseconds(20)));
  EXPECT_FALSE(published_);
}

TEST_F(EngineTest, ThatSaysTooMuchIsCutOff) {
  serve("HTTP/1.0 200 OK\r\n\r\n[" + std::string(2'000'000, ' ') + "]");
  ASSERT_TRUE(ask(socket()));
  EXPECT_FALSE(published_);
}

}  // namespace
}  // namespace portd::containers
