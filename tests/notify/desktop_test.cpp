#include "daemon/notify/desktop.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "tests/notify/alert_number.hpp"
#include "tests/support/temp_folder.hpp"

namespace portd {
namespace {

using test::alert_number;

std::function<std::string(const char*)> variables(std::map<std::string, std::string> known) {
  return [known = std::move(known)](const char* name) {
    const auto found = known.find(name);
    return found == known.end() ? "" : found->second;
  };
}

Alert alert_about(const std::string& subject) {
  Alert alert = alert_number(1);
  alert.subject = subject;
  return alert;
}

class DesktopTest : public test::LoopWorld {
 protected:
  // A program that writes its arguments, one a line, and is done.
  std::string crier() {
    const auto file = folder_.write("notify", "#!/bin/sh\nfor each; do printf '%s\\n' \"$each\" >> " + said() +
                                                  "; done\necho done >> " + said() + "\n");
    ::chmod(file.c_str(), 0700);
    return file.string();
  }
  std::string said() const { return (folder_.path() / "said").string(); }
  std::string text() const {
    std::ifstream file(said());
    return {std::istreambuf_iterator<char>(file), {}};
  }

  portd::testing::TempFolder folder_;
};

#ifndef __APPLE__
TEST_F(DesktopTest, WithoutASessionBusThereIsNoDesktop) {
  EXPECT_FALSE(notify::desktop_command(alert_number(1), variables({})));
  EXPECT_FALSE(notify::desktop_command(alert_number(1), variables({{"XDG_RUNTIME_DIR", folder_.path().string()}})));
  folder_.write("bus", "");
  EXPECT_TRUE(notify::desktop_command(alert_number(1), variables({{"XDG_RUNTIME_DIR", folder_.path().string()}})));
}

TEST_F(DesktopTest, WhatAProgramCallsItselfIsNeitherAnOptionNorMarkup) {
  Alert alert = alert_number(1);
  alert.detail = "--icon=/etc/passwd <b>\x1b[31m\n&";
  const auto argv = notify::desktop_command(alert, variables({{"DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/bus"}}));
  EXPECT_EQ(*argv, (std::vector<std::string>{"notify-send", "--app-name=portd", "--", "portd: port-contested",
                                             "--icon=/etc/passwd &lt;b&gt; &amp;"}));
}
#endif

TEST_F(DesktopTest, RunsOneProgramAfterTheOtherWithoutAShell) {
  const std::string program = crier();
  const auto command = [&program](const Alert& alert) {
    return std::vector<std::string>{program, alert.subject, "$(id); `id`"};
  };
  notify::Desktop desktop(loop, command, {});
  desktop.show(alert_about("20100"));
  desktop.show(alert_about("20101"));
  run_until([this] { return text().find("20101\n$(id); `id`\ndone\n") != std::string::npos; });
  EXPECT_EQ(text(), "20100\n$(id); `id`\ndone\n20101\n$(id); `id`\ndone\n");
}

TEST_F(DesktopTest, WhatComesAndGoesIsShownOnceAMinute) {
  std::vector<std::string> asked;
  notify::Desktop desktop(loop,
                          [&asked](const Alert& alert) {
                            asked.push_back(alert.subject);
                            return std::vector<std::string>{"/nowhere/notify-send"};
                          },
                          {});
  for (const char* subject : {"20100", "20100", "20101", "20100"}) desktop.show(alert_about(subject));
  EXPECT_EQ(asked, (std::vector<std::string>{"20100", "20101"}));
}

TEST_F(DesktopTest, AProgramThatIsNotThereIsNoTrouble) {
  int asked = 0;
  notify::Desktop desktop(loop,
                          [&asked](const Alert&) {
                            ++asked;
                            return std::vector<std::string>{"/nowhere/notify-send"};
                          },
                          {});
  desktop.show(alert_about("20100"));
  settle();
  desktop.show(alert_about("20101"));
  settle();
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace portd
