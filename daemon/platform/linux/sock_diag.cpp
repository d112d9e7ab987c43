#include "daemon/platform/linux/sock_diag.hpp"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

namespace portd::platform {
namespace {

// What follows the header of one netlink message.
struct Message {
  nlmsghdr header{};
  std::span<const char> body{};
};

// Takes the first message off `rest`. Nothing at the end, or when the rest is malformed.
std::optional<Message> take_message(std::span<const char>& rest) {
  Message message;
  if (rest.size() < sizeof message.header) return std::nullopt;
  std::memcpy(&message.header, rest.data(), sizeof message.header);
  const std::size_t length = message.header.nlmsg_len;
  if (length < sizeof message.header || length > rest.size()) return std::nullopt;
  message.body = rest.subspan(sizeof message.header, length - sizeof message.header);
  rest = rest.subspan(std::min<std::size_t>(NLMSG_ALIGN(length), rest.size()));
  return message;
}

// Among the attributes that follow what every socket has.
bool is_v6_only(std::span<const char> attributes) {
  nlattr each{};
  while (attributes.size() >= sizeof each) {
    std::memcpy(&each, attributes.data(), sizeof each);
    const std::size_t length = each.nla_len;
    if (length < sizeof each || length > attributes.size()) return false;
    if (each.nla_type == INET_DIAG_SKV6ONLY) return length > sizeof each && attributes[sizeof each] != 0;
    attributes = attributes.subspan(std::min<std::size_t>(NLA_ALIGN(length), attributes.size()));
  }
  return false;
}

std::optional<DiagSocket> socket_of(const Message& message) {
  inet_diag_msg plain{};
  if (message.header.nlmsg_type != SOCK_DIAG_BY_FAMILY || message.body.size() < sizeof plain) return std::nullopt;
  std::memcpy(&plain, message.body.data(), sizeof plain);
  return DiagSocket{plain, is_v6_only(message.body.subspan(sizeof plain))};
}

// A filter for the kernel's little machine: local port >= N and local port <= N. An operation is followed by one
// that carries its port; `yes` leads to the next operation, `no` past the end, which refuses.
struct PortFilter {
  nlattr attribute{};
  std::array<inet_diag_bc_op, 4> code{};

  explicit PortFilter(Port port) {
    attribute = {sizeof *this, INET_DIAG_REQ_BYTECODE};
    constexpr unsigned char pair = 2 * sizeof(inet_diag_bc_op);
    code[0] = {INET_DIAG_BC_S_GE, pair, sizeof code + 4};
    code[1] = {0, 0, port.number()};
    code[2] = {INET_DIAG_BC_S_LE, pair, pair + 4};
    code[3] = {0, 0, port.number()};
  }
};

struct Question {
  nlmsghdr header{};
  inet_diag_req_v2 request{};
  PortFilter filter{Port(1)};  // sent only when there is a port
};
static_assert(sizeof(Question) == sizeof(nlmsghdr) + sizeof(inet_diag_req_v2) + sizeof(PortFilter));

inet_diag_req_v2 request_for(int family, int protocol, std::uint32_t wanted) {
  inet_diag_req_v2 request{};
  request.sdiag_family = static_cast<std::uint8_t>(family);
  request.sdiag_protocol = static_cast<std::uint8_t>(protocol);
  request.idiag_states = wanted;
  request.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return request;
}

}  // namespace

// A whole list, or why there is none.
struct SockDiag::Answer {
  enum class End { complete, interrupted, failed } end = End::failed;
  std::vector<DiagSocket> sockets{};
};

bool SockDiag::open() {
  if (socket_) return true;
  Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!socket) return false;
  const timeval patience{1, 0};  // never needed, but the loop must not hang on a kernel's whim
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  // Once connected to the kernel (port 0), netlink(7) delivers nobody else's messages.
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) != 0) return false;
  socket_ = std::move(socket);
  return true;
}

bool SockDiag::send(std::uint16_t flags, const inet_diag_req_v2& request, std::optional<Port> port) {
  if (!open()) return false;
  Question question;
  const std::size_t size = sizeof question - (port ? 0 : sizeof question.filter);
  question.header = {static_cast<std::uint32_t>(size), SOCK_DIAG_BY_FAMILY,
                     static_cast<std::uint16_t>(NLM_F_REQUEST | flags), ++sequence_, 0};
  question.request = request;
  if (port) question.filter = PortFilter(*port);
  if (::send(socket_.get(), &question, size, 0) == static_cast<ssize_t>(size)) return true;
  socket_.reset();
  return false;
}

// After a failure, lost answers included (ENOBUFS), the next question starts with a new socket.
std::optional<std::size_t> SockDiag::receive(char* buffer, std::size_t size) {
  ssize_t received = -1;
  do {
    received = ::recv(socket_.get(), buffer, size, 0);
  } while (received < 0 && errno == EINTR);
  if (received > 0) return static_cast<std::size_t>(received);
  socket_.reset();
  return std::nullopt;
}

std::optional<DiagSocket> SockDiag::find(int family, const inet_diag_sockid& ends) {
  inet_diag_req_v2 request = request_for(family, IPPROTO_TCP, all_states);
  request.id = ends;
  if (!send(0, request, std::nullopt)) return std::nullopt;
  std::array<char, 4096> buffer;
  while (const auto size = receive(buffer.data(), buffer.size())) {
    std::span<const char> rest(buffer.data(), *size);
    while (const auto message = take_message(rest)) {
      if (message->header.nlmsg_seq == sequence_) return socket_of(*message);  // NLMSG_ERROR: there is none
    }
  }
  return std::nullopt;
}

SockDiag::Answer SockDiag::read_list() {
  Answer answer;
  bool interrupted = false;
  std::vector<char> buffer(32'768);  // the kernel fills as much as it finds here
  while (const auto size = receive(buffer.data(), buffer.size())) {
    std::span<const char> rest(buffer.data(), *size);
    while (const auto message = take_message(rest)) {
      if (message->header.nlmsg_seq != sequence_) continue;
      if (message->header.nlmsg_type == NLMSG_ERROR) return answer;
      if ((message->header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted = true;
      if (message->header.nlmsg_type == NLMSG_DONE) {
        answer.end = interrupted ? Answer::End::interrupted : Answer::End::complete;
        return answer;
      }
      if (const auto socket = socket_of(*message)) answer.sockets.push_back(*socket);
    }
  }
  return answer;
}

std::optional<std::vector<DiagSocket>> SockDiag::list(const Query& query) {
  const auto request = request_for(query.family, query.protocol, query.states);
  std::optional<std::vector<DiagSocket>> best;
  // A list that changed while it was read, or was cut off, is asked for again.
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (!send(NLM_F_DUMP, request, query.port)) continue;
    Answer answer = read_list();
    if (answer.end != Answer::End::failed) best = std::move(answer.sockets);
    if (answer.end == Answer::End::complete) break;
  }
  return best;
}

}  // namespace portd::platform
