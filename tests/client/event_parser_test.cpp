#include "client/event_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portd::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(EventParser, ReadsAnEventAndItsId) {
  EventParser parser;
  EXPECT_THAT(parser.feed("event: lease.granted\nid: 00000001-7\ndata: {\"a\": 1}\n\n"),
              ElementsAre(StreamEvent{"lease.granted", "{\"a\": 1}"}));
  EXPECT_EQ(parser.last_id(), "00000001-7");
}

TEST(EventParser, ReadsItInPiecesOfAnySize) {
  EventParser parser;
  std::vector<StreamEvent> events;
  for (const char c : std::string("event: a\r\nid: 1\r\ndata: x\r\n\r\n: a comment\r\n\r\ndata:y\r\rdata\n\n")) {
    for (StreamEvent& event : parser.feed({&c, 1})) events.push_back(std::move(event));
  }
  EXPECT_THAT(events, ElementsAre(StreamEvent{"a", "x"}, StreamEvent{"", "y"}, StreamEvent{"", ""}));
  EXPECT_EQ(parser.last_id(), "1");
}

TEST(EventParser, JoinsTheLinesOfItsData) {
  EventParser parser;
  EXPECT_THAT(parser.feed("data: a\ndata: b\n\n"), ElementsAre(StreamEvent{"", "a\nb"}));
}

TEST(EventParser, AnIdAloneIsNoEventButCounts) {
  EventParser parser;
  EXPECT_THAT(parser.feed("id: 00000001-3\n\n"), IsEmpty());
  EXPECT_EQ(parser.last_id(), "00000001-3");
}

TEST(EventParser, WhatWasBegunWhenTheConnectionBrokeIsNoEvent) {
  EventParser parser;
  parser.feed("id: 1\ndata: a\n\nevent: half\nid: 2\ndata: ha");
  EXPECT_EQ(parser.last_id(), "1");
  parser.restart();
  EXPECT_THAT(parser.feed("data: b\n\n"), ElementsAre(StreamEvent{"", "b"}));
  EXPECT_EQ(parser.last_id(), "1");
}

TEST(EventParser, KnowsWhenSomebodySendsWithoutEnd) {
  EventParser parser;
  parser.feed("data: " + std::string(1'000'000, 'x'));
  EXPECT_FALSE(parser.too_large());
  parser.feed(std::string(100'000, 'x'));
  EXPECT_TRUE(parser.too_large());
}

}  // namespace
}  // namespace portd::client
