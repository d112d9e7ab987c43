#include <gtest/gtest.h>

#include "common/lease_json.hpp"

namespace portd {
namespace {

const Error conflict{
    Problem::port_in_use,
    "port 8080 is leased to shop; release it or omit \"port\"",
    {{"port", std::int64_t{8080}}, {"service", std::string("shop")}, {"instance", std::string("main")}}};

TEST(ErrorJson, IsAProblemOfRfc9457) {
  EXPECT_EQ(dump_json(to_json(conflict)),
            R"({"type":"urn:portd:problem:port-in-use","title":"The port is in use","status":409,)"
            R"("detail":"port 8080 is leased to shop; release it or omit \"port\"",)"
            R"("port":8080,"service":"shop","instance":"main"})");
}

TEST(ErrorJson, IsReadBackAsItWasWritten) {
  const Json json = to_json(conflict);
  const auto read = error_from_json(json);
  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(*read), json);
}

TEST(ErrorJson, EveryProblemHasItsTypeAndStatus) {
  for (int i = 0; i <= static_cast<int>(Problem::disk_full); ++i) {
    const Error error{static_cast<Problem>(i), "next step"};
    const Json json = to_json(error);
    EXPECT_GE(json["status"].get<int>(), 400);
    EXPECT_EQ(error_from_json(json)->problem, error.problem);
  }
}

TEST(ErrorJson, RefusesWhatIsNoProblemOfPortd) {
  for (const char* text :
       {"{}", "[]", R"({"type": "about:blank", "detail": "x"})",
        R"({"type": "urn:portd:problem:nonsense", "detail": "x"})", R"({"type": "urn:portd:problem:not-found"})"}) {
    EXPECT_FALSE(error_from_json(parse_json(text).value())) << text;
  }
}

}  // namespace
}  // namespace portd
