#pragma once

#include <termios.h>

#include <optional>
#include <string>
#include <vector>

#include "client/key_press.hpp"
#include "client/top_frame.hpp"
#include "common/time.hpp"

namespace portd::client {

// What a full-screen view waited for. Nothing of it: the time was up.
struct ScreenEvent {
  std::vector<KeyPress> keys{};
  bool readable = false;     // the descriptor that was waited for, too
  bool redraw = false;       // another size, or in the foreground again
  std::optional<int> end{};  // the signal to end by (SIGHUP when the terminal is gone)
};

// The whole terminal, for as long as it lives: the alternate screen without a cursor, keys as they are pressed. What
// was there before is back at its end, during a stop (Ctrl-Z), and when a signal ends the view. One at a time; stdin
// and stdout are its terminal (termios(3), console_codes(4)).
class TerminalScreen {
 public:
  TerminalScreen();
  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;
  ~TerminalScreen();

  FrameSize size() const;

  // Lines that are escaped, and not wider than the size.
  void show(const std::vector<std::string>& lines);

  // `descriptor`: to be readable; none: -1.
  ScreenEvent wait(int descriptor, Millis limit);

 private:
  void enter();
  void leave();
  void take_signals(ScreenEvent& event);
  void take_keys(ScreenEvent& event);

  termios before_{};
  bool entered_ = false;
};

}  // namespace portd::client
