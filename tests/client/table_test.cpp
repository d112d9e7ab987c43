#include "client/table.hpp"

#include <gtest/gtest.h>

namespace portd::client {
namespace {

TEST(Table, AlignsItsColumns) {
  Table table({"SERVICE", "PORT", "CWD"});
  table.add({"shop", "20123", "/home/a"});
  table.add({"a-longer-one", "1", "/b"});
  EXPECT_EQ(table.text(false),
            "SERVICE       PORT   CWD\n"
            "shop          20123  /home/a\n"
            "a-longer-one  1      /b\n");
}

TEST(Table, AlignsByWidthNotByBytes) {
  Table table({"A", "B"});
  table.add({"größe", "1"});
  table.add({"日本", "2"});
  EXPECT_EQ(table.text(false), "A      B\ngröße  1\n日本   2\n");
}

TEST(Table, ShowsAnEmptyCellAsADashAndEscapesTheRest) {
  Table table({"PID", "COMMAND"});
  table.add({"", "evil\x1b]0;title\a\nsecond line"});
  EXPECT_EQ(table.text(false), "PID  COMMAND\n-    evil\\x1b]0;title\\x07\\x0asecond line\n");
}

TEST(Table, ColoursOnlyWhenAsked) {
  Table table({"STATE", "PORT"});
  table.add({"contested", "1"});
  EXPECT_EQ(table.text(false).find('\x1b'), std::string::npos);
  EXPECT_EQ(table.text(true), "\x1b[2mSTATE      PORT\x1b[0m\n\x1b[31mcontested\x1b[0m  1\n");
}

}  // namespace
}  // namespace portd::client
