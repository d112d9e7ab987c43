#include "daemon/containers/engine.hpp"

#include <sys/stat.h>
#include <sys/un.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string_view>

#include "daemon/containers/published_ports.hpp"

namespace portd::containers {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Unix = asio::local::stream_protocol;

// Of HTTP/1.0, so that the answer comes in one piece and ends with the connection.
constexpr std::string_view request =
    "GET /containers/json HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n";
constexpr std::size_t longest_answer = 1'048'576;

bool is_socket(const std::string& path) {
  struct stat status{};
  return path.size() < sizeof(sockaddr_un{}.sun_path) && ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// One question. Kept alive by what it waits for (shared), and ended by its answer or by its timer.
class Question : public std::enable_shared_from_this<Question> {
 public:
  Question(asio::io_context& loop, core::Containers::Told told) : stream_(loop), timer_(loop), told_(std::move(told)) {}

  void begin(const std::string& path, std::chrono::milliseconds patience) {
    timer_.expires_after(patience);
    timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
      error_code ignored;
      if (!cancelled) self->stream_.close(ignored);
    });
    stream_.async_connect(Unix::endpoint(path), [self = shared_from_this()](const error_code& failed) {
      if (failed) return self->end();
      self->send();
    });
  }

 private:
  void send() {
    asio::async_write(stream_, asio::buffer(request),
                      [self = shared_from_this()](const error_code& failed, std::size_t) {
                        if (failed) return self->end();
                        self->receive();
                      });
  }

  // To its end; what is longer than it may be is no answer.
  void receive() {
    asio::async_read(stream_, asio::dynamic_buffer(answer_, longest_answer),
                     [self = shared_from_this()](const error_code& ended, std::size_t) {
                       self->whole_ = ended == asio::error::eof;
                       self->end();
                     });
  }

  void end() {
    timer_.cancel();
    error_code ignored;
    stream_.close(ignored);
    told_(whole_ ? published_in(answer_) : std::nullopt);
  }

  Unix::socket stream_;
  asio::steady_timer timer_;
  core::Containers::Told told_;
  std::string answer_;
  bool whole_ = false;
};

}  // namespace

bool Engine::ask(Told told) {
  if (socket_.empty() || !is_socket(socket_)) return false;
  std::make_shared<Question>(loop_, std::move(told))->begin(socket_, patience_);
  return true;
}

}  // namespace portd::containers
