#include "daemon/api/body_reader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace portd::api {
namespace {

HttpHead chunked() {
  HttpHead head;
  head.chunked = true;
  return head;
}

HttpHead plain(std::uint64_t size) {
  HttpHead head;
  head.content_length = size;
  return head;
}

// Offers the bytes one more at a time, as a slow client would.
Result<std::string> read_slowly(BodyReader& reader, const std::string& bytes) {
  std::string waiting;
  for (const char byte : bytes) {
    waiting += byte;
    auto taken = reader.put(waiting);
    if (!taken) return taken.error();
    waiting.erase(0, *taken);
    if (reader.done()) break;
  }
  return reader.done() ? reader.take() : "unfinished";
}

TEST(BodyReader, APlainBodyEndsWhereItsLengthSays) {
  BodyReader reader(plain(5), 100);
  EXPECT_EQ(*reader.put("helloGET / HTTP/1.1"), 5U);
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.take(), "hello");
}

TEST(BodyReader, AChunkedBodyIsPutTogether) {
  BodyReader reader(chunked(), 100);
  EXPECT_EQ(*read_slowly(reader, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"), "hello");
}

TEST(BodyReader, APlainBodyThatComesSlowlyIsPutTogether) {
  BodyReader reader(plain(5), 100);
  EXPECT_EQ(*read_slowly(reader, "hello"), "hello");
}

TEST(BodyReader, ABodyOverTheLimitIsRefused) {
  BodyReader reader(plain(101), 100);
  EXPECT_EQ(reader.put(std::string(101, 'x')).error().problem, Problem::payload_too_large);
}

TEST(BodyReader, ChunksOverTheLimitAreRefused) {
  BodyReader reader(chunked(), 100);
  EXPECT_EQ(reader.put("3c\r\n" + std::string(60, 'x') + "\r\n3c\r\n").error().problem, Problem::payload_too_large);
}

TEST(BodyReader, BadChunksAreRefused) {
  for (const char* bytes :
       {"x\r\n", "\r\n", "0x1\r\n", "3\nhel\r\n", "1234567890", "-1\r\n\r\n", "5;a=b\r\nhello\r\n0\r\n\r\n",
        "0;a\r\n\r\n", "3\r\nhello\r\n0\r\n\r\n", "0\r\nX-Trailer: a\r\n\r\n", " 3\r\nhel\r\n0\r\n\r\n"}) {
    BodyReader reader(chunked(), 100);
    auto read = read_slowly(reader, bytes);
    ASSERT_FALSE(read) << bytes;
    EXPECT_EQ(read.error().problem, Problem::malformed_http) << bytes;
  }
}

}  // namespace
}  // namespace portd::api
