// What portd's HTTP is measured against: a coroutine server as Beast's own example
// (example/http/server/awaitable) writes it, on one thread, answering every request with the same body.
#include <CLI/CLI.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>
#include <cstdio>
#include <string>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using Executor = asio::use_awaitable_t<>::executor_with_default<asio::any_io_executor>;
template <typename Protocol>
using Stream = beast::basic_stream<Protocol, Executor>;

http::message_generator answer(const http::request<http::string_body>& request, const std::string& body) {
  http::response<http::string_body> response{http::status::ok, request.version()};
  response.set(http::field::server, BOOST_BEAST_VERSION_STRING);
  response.set(http::field::content_type, "application/json");
  response.keep_alive(request.keep_alive());
  response.body() = body;
  response.prepare_payload();
  return response;
}

template <typename Protocol>
asio::awaitable<void> serve(Stream<Protocol> stream, const std::string& body) {
  beast::flat_buffer buffer;
  for (bool keep_alive = true; keep_alive;) {
    stream.expires_after(std::chrono::seconds(30));
    http::request<http::string_body> request;
    co_await http::async_read(stream, buffer, request);
    http::message_generator message = answer(request, body);
    keep_alive = message.keep_alive();
    co_await beast::async_write(stream, std::move(message), asio::use_awaitable);
  }
}

void end_quietly(std::exception_ptr error) {
  try {
    if (error) std::rethrow_exception(error);
  } catch (const boost::system::system_error& ended) {
    if (ended.code() != http::error::end_of_stream) std::fprintf(stderr, "session: %s\n", ended.what());
  }
}

template <typename Protocol>
asio::awaitable<void> listen(typename Protocol::acceptor listener, const std::string& body) {
  auto acceptor = asio::use_awaitable.as_default_on(std::move(listener));
  for (;;) {
    asio::co_spawn(acceptor.get_executor(), serve<Protocol>(Stream<Protocol>(co_await acceptor.async_accept()), body),
                   end_quietly);
  }
}

template <typename Protocol>
typename Protocol::endpoint start(asio::io_context& loop, const typename Protocol::endpoint& where,
                                  const std::string& body) {
  typename Protocol::acceptor acceptor(loop, where);
  const auto endpoint = acceptor.local_endpoint();
  asio::co_spawn(loop, listen<Protocol>(std::move(acceptor), body), end_quietly);
  return endpoint;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t bytes = 0;
  std::string socket;
  CLI::App app{"A bare Beast server: prints its port, answers until SIGTERM.", "portd_bare_beast"};
  app.add_option("--bytes", bytes, "Size of the body")->required();
  app.add_option("--socket", socket, "Serve on this unix socket too");
  CLI11_PARSE(app, argc, argv);

  const std::string body(bytes, 'x');
  asio::io_context loop{1};
  asio::signal_set signals(loop, SIGTERM);
  signals.async_wait([](const boost::system::error_code&, int) { std::_Exit(0); });
  const auto tcp = start<asio::ip::tcp>(loop, {asio::ip::address_v4::loopback(), 0}, body);
  if (!socket.empty()) start<asio::local::stream_protocol>(loop, {socket}, body);
  std::printf("%d\n", static_cast<int>(tcp.port()));
  std::fflush(stdout);
  loop.run();
}
