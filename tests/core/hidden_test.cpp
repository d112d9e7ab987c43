#include "daemon/core/hidden.hpp"

#include <gtest/gtest.h>

namespace portd::core {
namespace {

Listener hidden_of(uid_t uid) {
  Listener listener;
  listener.port = Port(5432);
  listener.uid = uid;
  listener.user = "postgres";
  return listener;
}

TEST(NoteOn, SaysWhoseItIsAndWhatShowsTheRest) {
  EXPECT_EQ(note_on(hidden_of(105), 1000),
            "owned by user postgres, whose processes only root may see: sudo lsof -nP -i :5432");
}

TEST(NoteOn, WhatIsHiddenThoughItIsOursIsSaidToBeSo) {
  const std::string note =
      "a process of user postgres that the system does not show: it protects itself, runs in a container, or is the "
      "kernel's: "
      "sudo lsof -nP -i :5432";
  EXPECT_EQ(note_on(hidden_of(1000), 1000), note);
  EXPECT_EQ(note_on(hidden_of(105), 0), note) << "to root";
}

TEST(NoteOn, IsEmptyWhereItIsKnownWhoListens) {
  Listener seen = hidden_of(105);
  seen.process = Holder{};
  EXPECT_EQ(note_on(seen, 1000), "");
  Listener published = hidden_of(0);
  published.container.emplace();
  EXPECT_EQ(note_on(published, 1000), "");
}

}  // namespace
}  // namespace portd::core
