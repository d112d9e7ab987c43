#include "tests/bench/fan_out/fan_out.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace portd::load {
namespace {

constexpr int silence_ms = 10'000;
constexpr std::size_t events_of_a_beat = 2;  // check.status and service.status
constexpr std::string_view mark = "beat-";

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

void send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t receive(int descriptor, std::span<char> space) {
  const ssize_t count = ::recv(descriptor, space.data(), space.size(), 0);
  if (count == 0) throw std::runtime_error("the server hung up");
  if (count < 0) fail("recv");
  return static_cast<std::size_t>(count);
}

// The heartbeat that an event tells of, if it says so.
std::optional<std::size_t> number_in(std::string_view block) {
  const std::size_t at = block.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = block.substr(at + mark.size());
  std::size_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

nlohmann::json with_max(const std::vector<Clock::duration>& latencies) {
  nlohmann::json report = percentiles(latencies);
  const auto max = latencies.empty() ? Clock::duration() : *std::ranges::max_element(latencies);
  report["max_us"] = std::chrono::duration<double, std::micro>(max).count();
  return report;
}

}  // namespace

FanOut::FanOut(const Target& target, std::size_t readers, Beats beats)
    : target_(target), beats_(std::move(beats)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) fail("epoll_create1");
  for (std::size_t number = 0; number < readers; ++number) {
    Peer* const reader = readers_.emplace_back(std::make_unique<Peer>()).get();
    reader->descriptor = connect_to(target);
    add(reader->descriptor, reader);
  }
  beating_ = connect_to(target);
  add(beating_, nullptr);
}

FanOut::~FanOut() {
  for (const auto& reader : readers_) ::close(reader->descriptor);
  ::close(beating_);
  ::close(epoll_);
}

void FanOut::add(int descriptor, Peer* peer) {
  epoll_event event{EPOLLIN, {.ptr = peer}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
}

nlohmann::json FanOut::run() {
  subscribe();
  while (!over()) {
    send_beats();
    wait_once();
  }
  std::vector<Clock::duration> all = steady_;
  all.insert(all.end(), burst_.begin(), burst_.end());
  return {
      {"deliveries", all.size()}, {"steady", with_max(steady_)}, {"burst", with_max(burst_)}, {"all", with_max(all)}};
}

void FanOut::subscribe() {
  const std::string request = "GET /events HTTP/1.1\r\nHost: " + target_.host() + "\r\n\r\n";
  for (const auto& reader : readers_) send_all(reader->descriptor, request);
  while (reading_ < readers_.size()) wait_once();
}

// What is due: the next steady heartbeat, or the burst once everybody has seen the steady ones.
void FanOut::send_beats() {
  const auto now = Clock::now();
  if (sent_.size() < beats_.steady) {
    if (!sent_.empty() && now - sent_.back() < beats_.pause) return;
    send_all(beating_, beat_text(sent_.size()));
    sent_.push_back(now);
  } else if (sent_.size() == beats_.steady && steady_.size() == beats_.steady * events_of_a_beat * readers_.size()) {
    std::string text;
    for (std::size_t number = 0; number < beats_.burst; ++number) text += beat_text(sent_.size() + number);
    sent_.insert(sent_.end(), beats_.burst, now);
    send_all(beating_, text);
  }
}

std::string FanOut::beat_text(std::size_t number) const {
  const std::string status = number % 2 == 0 ? "warning" : "passing";
  const std::string body =
      R"({"status":")" + status + R"(","output":")" + std::string(mark) + std::to_string(number) + R"("})";
  return "PUT " + beats_.path + " HTTP/1.1\r\nHost: " + target_.host() +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool FanOut::over() const {
  const std::size_t beats = beats_.steady + beats_.burst;
  return answered_ == beats && steady_.size() + burst_.size() == beats * events_of_a_beat * readers_.size();
}

void FanOut::wait_once() {
  const bool more_to_send = reading_ == readers_.size() && sent_.size() < beats_.steady;
  const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(beats_.pause);
  std::array<epoll_event, 128> events{};
  const int timeout = more_to_send ? std::max(1, static_cast<int>(pause.count()) / 4) : silence_ms;
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout);
  if (count < 0 && errno != EINTR) fail("epoll_wait");
  if (count == 0 && !more_to_send) throw std::runtime_error("nothing came for 10 s");
  for (int index = 0; index < count; ++index) {
    auto* const peer = static_cast<Peer*>(events[static_cast<std::size_t>(index)].data.ptr);
    peer == nullptr ? read_answers() : read_events(*peer);
  }
}

void FanOut::read_answers() {
  answers_.received(receive(beating_, answers_.space()));
  while (const auto answer = answers_.next()) {
    if (answer->status != 200) throw std::runtime_error("a heartbeat was refused: " + std::string(answer->body));
    ++answered_;
  }
}

void FanOut::read_events(Peer& peer) {
  peer.events.received(receive(peer.descriptor, peer.events.space()));
  const auto now = Clock::now();
  while (const auto block = peer.events.next()) take(peer, *block, now);
}

// An event that does not name its heartbeat follows one that does.
void FanOut::take(Peer& peer, std::string_view block, Clock::time_point now) {
  if (block.starts_with("HTTP/")) return;
  if (block.starts_with(":")) {
    reading_ += std::exchange(peer.is_reading, true) ? 0 : 1;
    return;
  }
  peer.beat = number_in(block).value_or(peer.beat);
  if (peer.beat != peer.seen++ / events_of_a_beat) throw std::runtime_error("not in order: " + std::string(block));
  (peer.beat < beats_.steady ? steady_ : burst_).push_back(now - sent_.at(peer.beat));
}

}  // namespace portd::load
