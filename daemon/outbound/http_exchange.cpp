#include "daemon/outbound/http_exchange.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

namespace portd::outbound {

using boost::system::error_code;

Task<void> send(Socket& socket, std::string text) {
  error_code error;
  const std::size_t sent = socket.write_some(boost::asio::buffer(text), error);
  if (error == boost::asio::error::would_block) error = {};
  if (error || sent == text.size()) co_return;
  const auto rest = boost::asio::buffer(text) + sent;
  co_await boost::asio::async_write(socket, rest, boost::asio::redirect_error(awaited, error));
}

Task<std::size_t> receive(Socket& socket, HttpAnswer& answer, const std::function<bool()>& decided) {
  std::array<char, 4096> room;
  std::size_t received = 0;
  error_code error;
  while (!error && !decided()) {
    const auto got =
        co_await socket.async_read_some(boost::asio::buffer(room), boost::asio::redirect_error(awaited, error));
    received += got;
    answer.take({room.data(), got});
  }
  if (error == boost::asio::error::eof) answer.finish("closed");
  if (error && error != boost::asio::error::eof && error != boost::asio::error::operation_aborted) {
    answer.finish("reset");
  }
  // Closing with bytes unread would reset the connection under a server that has not finished.
  if (!error && !answer.is_complete()) socket.read_some(boost::asio::buffer(room), error);
  co_return received;
}

}  // namespace portd::outbound
