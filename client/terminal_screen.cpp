#include "client/terminal_screen.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

namespace portd::client {
namespace {

constexpr std::string_view enter_screen = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J";
constexpr std::string_view leave_screen = "\x1b[?25h\x1b[?1049l";
constexpr std::array<int, 6> caught_signals{SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};

// Signals come out of here as bytes, so that one poll(2) waits for all there is ("the self-pipe trick"). It lives as
// long as the process: a signal may come at any moment.
std::array<int, 2> signal_pipe{-1, -1};
std::array<struct sigaction, caught_signals.size()> actions_before{};

// Set once a signal has come that ends the view: from then on nothing waits for a terminal that takes no output.
volatile sig_atomic_t is_ending = 0;

bool ends(int signal) { return signal == SIGINT || signal == SIGTERM || signal == SIGHUP; }

extern "C" void pass_on_signal(int number) {
  const int error = errno;
  if (ends(number)) is_ending = 1;
  const auto byte = static_cast<unsigned char>(number);
  [[maybe_unused]] const ssize_t written = ::write(signal_pipe[1], &byte, 1);  // a full pipe has enough of them
  errno = error;
}

void open_signal_pipe() {
  if (signal_pipe[0] >= 0 || ::pipe(signal_pipe.data()) != 0) return;
  for (const int end : signal_pipe) {
    ::fcntl(end, F_SETFL, O_NONBLOCK);
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
  }
}

void catch_signals() {
  is_ending = 0;
  struct sigaction caught{};
  caught.sa_handler = pass_on_signal;
  for (std::size_t i = 0; i < caught_signals.size(); ++i) ::sigaction(caught_signals[i], &caught, &actions_before[i]);
}

void release_signals() {
  for (std::size_t i = 0; i < caught_signals.size(); ++i) ::sigaction(caught_signals[i], &actions_before[i], nullptr);
}

bool takes_output() {
  pollfd entry{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&entry, 1, 0) == 1;
}

void write_all(std::string_view text) {
  while (!text.empty()) {
    if (is_ending != 0 && !takes_output()) return;
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR && errno != EAGAIN) return;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

TerminalScreen::TerminalScreen() {
  ::tcgetattr(STDIN_FILENO, &before_);
  open_signal_pipe();
  catch_signals();
  enter();
}

TerminalScreen::~TerminalScreen() {
  leave();
  release_signals();
}

void TerminalScreen::enter() {
  termios keys = before_;
  keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // Ctrl-C and Ctrl-Z stay signals
  keys.c_cc[VMIN] = 0;
  keys.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &keys);
  if (!entered_) write_all(enter_screen);
  entered_ = true;
}

void TerminalScreen::leave() {
  if (!entered_) return;
  write_all(leave_screen);
  ::tcsetattr(STDIN_FILENO, is_ending != 0 ? TCSANOW : TCSADRAIN, &before_);
  entered_ = false;
}

FrameSize TerminalScreen::size() const {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {80, 24};
  return {size.ws_col, size.ws_row};
}

// The last line ends without a line break, which would scroll.
void TerminalScreen::show(const std::vector<std::string>& lines) {
  std::string text = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : "\r\n") + lines[i] + "\x1b[K";
  write_all(text + "\x1b[J");
}

void TerminalScreen::take_signals(ScreenEvent& event) {
  std::array<unsigned char, 64> numbers{};
  const ssize_t got = ::read(signal_pipe[0], numbers.data(), numbers.size());
  for (ssize_t i = 0; i < got; ++i) {
    const int number = numbers.at(static_cast<std::size_t>(i));
    if (number == SIGTSTP) {
      leave();
      ::raise(SIGSTOP);  // until SIGCONT
    }
    if (number == SIGTSTP || number == SIGCONT) enter();
    if (ends(number)) event.end = number;
    event.redraw = true;
  }
}

void TerminalScreen::take_keys(ScreenEvent& event) {
  std::array<char, 256> bytes{};
  const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  if (got > 0) event.keys = key_presses_of({bytes.data(), static_cast<std::size_t>(got)});
}

ScreenEvent TerminalScreen::wait(int descriptor, Millis limit) {
  std::array<pollfd, 3> entries{{{STDIN_FILENO, POLLIN, 0}, {signal_pipe[0], POLLIN, 0}, {descriptor, POLLIN, 0}}};
  ::poll(entries.data(), entries.size(), static_cast<int>(std::max(limit, Millis(0)).count()));
  ScreenEvent event;
  take_signals(event);  // poll(2) is interrupted by what is in there
  if ((entries[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) event.end = SIGHUP;
  if (entries[0].revents != 0) take_keys(event);
  event.readable = entries[2].revents != 0;
  return event;
}

}  // namespace portd::client
