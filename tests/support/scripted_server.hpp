#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/port.hpp"

namespace portd::test {

// A server on loopback that says the same to everybody who has said something. Runs on the loop of the test.
class ScriptedServer {
 public:
  struct Script {
    std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    bool closes = true;       // after the answer
    bool endless = false;     // the end of the answer is repeated as long as it is taken
    bool says_first = false;  // without being asked
    bool v6 = false;
  };

  std::vector<std::string> requests{};  // as far as they were read
  std::size_t connections = 0;
  std::size_t sent = 0;
  std::size_t broken = 0;  // connections on which sending failed

  ScriptedServer(boost::asio::io_context& loop, Script script) : script_(std::move(script)), acceptor_(loop) {
    using boost::asio::ip::tcp;
    acceptor_.open(script_.v6 ? tcp::v6() : tcp::v4());
    if (script_.v6) acceptor_.set_option(boost::asio::ip::v6_only(true));
    acceptor_.bind(script_.v6 ? tcp::endpoint(boost::asio::ip::address_v6::loopback(), 0)
                              : tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    acceptor_.listen();
    accept();
  }
  ScriptedServer(boost::asio::io_context& loop, const std::string& answer) : ScriptedServer(loop, Script{answer}) {}

  Port port() const { return Port(acceptor_.local_endpoint().port()); }

  // From now on somebody else says something else.
  void say(std::string answer) { script_.answer = std::move(answer); }

 private:
  struct Connection {
    explicit Connection(boost::asio::ip::tcp::socket accepted) : socket(std::move(accepted)) {}
    boost::asio::ip::tcp::socket socket;
    std::string request{};
    std::array<char, 4096> room{};
    std::string answer{};
  };
  using Shared = std::shared_ptr<Connection>;  // shared with its handlers

  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& error, boost::asio::ip::tcp::socket socket) {
      if (error) return;
      ++connections;
      const auto connection = std::make_shared<Connection>(std::move(socket));
      open_.push_back(connection);
      if (script_.says_first) {
        answer(connection, script_.answer);
      } else {
        read(connection);
      }
      accept();
    });
  }

  void read(const Shared& connection) {
    connection->socket.async_read_some(boost::asio::buffer(connection->room),
                                       [this, connection](const boost::system::error_code& error, std::size_t size) {
                                         if (error) return;
                                         connection->request.append(connection->room.data(), size);
                                         if (!is_whole(connection->request)) return read(connection);
                                         requests.push_back(connection->request);
                                         if (!script_.answer.empty() || script_.closes) {
                                           answer(connection, script_.answer);
                                         }
                                       });
  }

  static bool is_whole(const std::string& request) {
    const std::size_t head = request.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const std::size_t length = request.find("\r\nContent-Length: ");
    if (length > head) return true;
    return request.size() >= head + 4 + std::stoul(request.substr(length + 18));
  }

  void answer(const Shared& connection, std::string text) {
    connection->answer = std::move(text);
    connection->socket.async_write_some(boost::asio::buffer(connection->answer),
                                        [this, connection](const boost::system::error_code& error, std::size_t size) {
                                          sent += size;
                                          if (error) ++broken;
                                          if (!error) go_on(connection, size);
                                        });
  }

  void go_on(const Shared& connection, std::size_t size) {
    std::string rest = connection->answer.substr(size);
    if (!rest.empty()) return answer(connection, std::move(rest));
    if (script_.endless) return answer(connection, std::string(16384, 'x'));
    if (script_.closes) connection->socket.close();
  }

  Script script_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::vector<Shared> open_;
};

// A port that nobody listens on, and that nobody else gets while this lives: it is bound.
class SilentPort {
 public:
  explicit SilentPort(boost::asio::io_context& loop) : v4_(loop) {
    using boost::asio::ip::tcp;
    v4_.open(tcp::v4());
    v4_.bind({boost::asio::ip::address_v4::loopback(), 0});
  }
  Port port() const { return Port(v4_.local_endpoint().port()); }

 private:
  boost::asio::ip::tcp::socket v4_;
};

}  // namespace portd::test
