#include <signal.h>

#include <iostream>

#include "client/portc.hpp"

int main(int count, char** arguments) {
  ::signal(SIGPIPE, SIG_IGN);  // `portc ls | head` ends quietly
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> line(arguments + (count > 0 ? 1 : 0), arguments + count);
  const int exit = portd::client::run_portc(line, std::cout, std::cerr, portd::client::Environment::of_this_process());
  std::cout.flush();
  return exit;
}
