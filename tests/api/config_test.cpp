// GET and PUT /config, POST /config/validate, GET /config/schema: what is of HTTP; what is of files is the desk's.
#include <gtest/gtest.h>

#include "daemon/api/etag.hpp"
#include "tests/api/api_world.hpp"

namespace portd::api {
namespace {

using test::Answer;
using test::ApiWorld;

std::string etag_in(const Answer& answer) { return answer.headers.at("etag"); }
std::string if_match(const std::string& etag) { return "If-Match: " + etag + "\r\n"; }
std::string if_none_match(const std::string& etag) { return "If-None-Match: " + etag + "\r\n"; }

const std::string new_text = R"({"content": "ports: {strategy: hash}\n"})";

TEST(Etag, IsThirtyTwoDigitsOfTheBodyInQuotes) {
  EXPECT_EQ(etag_of(""), "\"e3b0c44298fc1c149afbf4c8996fb924\"");
  EXPECT_NE(etag_of("a"), etag_of("b"));
}

TEST(Etag, AListNamesEachOfItsTags) {
  EXPECT_TRUE(if_match_holds("\"a\"", "\"a\""));
  EXPECT_TRUE(if_match_holds("\"b\" ,\t\"a\"", "\"a\""));
  EXPECT_TRUE(if_match_holds("*", "\"a\""));
  EXPECT_FALSE(if_match_holds("\"b\", \"c\"", "\"a\""));
  EXPECT_FALSE(if_match_holds("", "\"a\""));
  EXPECT_FALSE(if_match_holds("a", "\"a\""));
}

TEST(Etag, AWeakOneIsKnownButMatchesNothing) {
  EXPECT_FALSE(if_match_holds("W/\"a\"", "\"a\""));
  EXPECT_TRUE(is_known_to_client("W/\"a\"", "\"a\""));
  EXPECT_TRUE(is_known_to_client("*", "\"a\""));
}

TEST(ShowingTheConfiguration, CarriesTheTagOfItsBody) {
  ApiWorld world;
  const Answer answer = world.ask("GET", "/config");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json(), world.configuration.shown);
  EXPECT_EQ(etag_in(answer), etag_of(answer.body));
}

TEST(ShowingTheConfiguration, IsNotRepeatedToAClientThatHasIt) {
  ApiWorld world;
  const std::string etag = etag_in(world.ask("GET", "/config"));
  const Answer again = world.ask("GET", "/config", "", if_none_match(etag));
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(etag_in(again), etag);
  world.configuration.shown = {{"content", "other"}};
  EXPECT_EQ(world.ask("GET", "/config", "", if_none_match(etag)).status, 200);
}

TEST(ShowingTheConfiguration, AnswersGoOnBehindA304) {
  ApiWorld world;
  auto client = world.client();
  client.send(world.request("GET", "/config", "", if_none_match("*")) + world.request("GET", "/health"));
  EXPECT_EQ(client.receive(true).status, 304);
  EXPECT_EQ(client.receive().status, 200);
}

TEST(ShowingTheConfiguration, TellsWhyTheFileCannotBeRead) {
  ApiWorld world;
  world.configuration.unreadable = Error{Problem::store_unavailable, "cannot read"};
  EXPECT_EQ(world.ask("GET", "/config").status, 503);
}

TEST(ReplacingTheConfiguration, AnswersWithWhatIsThereNow) {
  ApiWorld world;
  const std::string etag = etag_in(world.ask("GET", "/config"));
  const Answer answer = world.ask("PUT", "/config", new_text, if_match(etag));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(world.configuration.replaced, "ports: {strategy: hash}\n");
  EXPECT_EQ(answer.json().at("content"), "ports: {strategy: hash}\n");
  EXPECT_NE(etag_in(answer), etag);
  EXPECT_EQ(etag_in(answer), etag_in(world.ask("GET", "/config")));
}

TEST(ReplacingTheConfiguration, TakesSettingsInPlaceOfAText) {
  ApiWorld world;
  const Answer answer = world.ask("PUT", "/config", R"({"settings": {"log": {"level": "debug"}}})", if_match("*"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(world.configuration.restated.at("log").at("level"), "debug");
}

TEST(ReplacingTheConfiguration, NeedsToKnowWhatItReplaces) {
  ApiWorld world;
  EXPECT_EQ(world.ask("PUT", "/config", new_text).json().at("type"), "urn:portd:problem:precondition-required");
  EXPECT_EQ(world.ask("PUT", "/config", new_text).status, 428);
  EXPECT_EQ(world.configuration.replaced, "");
}

TEST(ReplacingTheConfiguration, IsRefusedWhenItIsAnotherByNow) {
  ApiWorld world;
  const std::string etag = etag_in(world.ask("GET", "/config"));
  world.configuration.shown = {{"content", "changed on the disk"}};
  const Answer answer = world.ask("PUT", "/config", new_text, if_match(etag));
  EXPECT_EQ(answer.status, 412);
  EXPECT_EQ(answer.json().at("type"), "urn:portd:problem:stale-etag");
  EXPECT_EQ(world.configuration.replaced, "");
}

TEST(ReplacingTheConfiguration, ListsTheMistakes) {
  ApiWorld world;
  world.configuration.refusal = {{Problem::invalid_value, "f:1:1: error: x"}, Json::array({{{"line", 1}}})};
  const Answer answer = world.ask("PUT", "/config", new_text, if_match("*"));
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
  EXPECT_EQ(answer.json().at("detail"), "f:1:1: error: x");
  EXPECT_EQ(answer.json().at("mistakes").at(0).at("line"), 1);
}

TEST(ReplacingTheConfiguration, TellsOfEveryOtherRefusal) {
  ApiWorld world;
  world.configuration.refusal = {Error{Problem::command_not_allowed, "edit it by hand"}};
  EXPECT_EQ(world.ask("PUT", "/config", new_text, if_match("*")).status, 403);
  world.configuration.refusal = {Error{Problem::disk_full, "the disk is full"}};
  const Answer full = world.ask("PUT", "/config", new_text, if_match("*"));
  EXPECT_EQ(full.status, 507);
  EXPECT_FALSE(full.json().contains("mistakes"));
}

TEST(ReplacingTheConfiguration, TakesATextOrSettingsAndNothingElse) {
  ApiWorld world;
  for (const char* body : {"{}", R"({"content": "", "settings": {}})", R"({"content": 1})", R"({"settings": []})",
                           R"({"settings": null})", R"({"content": "", "force": true})", "[]"}) {
    EXPECT_EQ(world.ask("PUT", "/config", body, if_match("*")).status, 422) << body;
  }
  EXPECT_EQ(world.ask("PUT", "/config", "{", if_match("*")).status, 400);
  EXPECT_EQ(world.ask("PUT", "/config?force=1", new_text, if_match("*")).status, 422);
}

TEST(ValidatingAText, JudgesItAsTheDaemonsUnlessToldOtherwise) {
  ApiWorld world;
  const Answer valid = world.ask("POST", "/config/validate", R"({"content": "a"})");
  EXPECT_EQ(valid.status, 200);
  EXPECT_EQ(valid.json(), (Json{{"valid", true}, {"mistakes", Json::array()}}));
  world.configuration.valid = false;
  const auto judged = [&](const std::string& body) {
    return world.ask("POST", "/config/validate", body).json().at("mistakes").at(0).at("message").get<std::string>();
  };
  EXPECT_EQ(judged(R"({"content": "a"})"), "daemon: a");
  EXPECT_EQ(judged(R"({"content": "a", "scope": "daemon"})"), "daemon: a");
  EXPECT_EQ(judged(R"({"content": "a", "scope": "project"})"), "project: a");
}

TEST(ValidatingAText, RefusesOtherFields) {
  ApiWorld world;
  for (const char* body : {"{}", R"({"content": "", "scope": "all"})", R"({"content": "", "file": "/etc/passwd"})"}) {
    EXPECT_EQ(world.ask("POST", "/config/validate", body).status, 422) << body;
  }
}

TEST(ShowingTheSchema, IsOfItsOwnTypeAndNotRepeated) {
  ApiWorld world;
  const Answer answer = world.ask("GET", "/config/schema");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "application/schema+json");
  EXPECT_EQ(answer.body, world.configuration.schema());
  EXPECT_EQ(world.ask("GET", "/config/schema", "", if_none_match(etag_in(answer))).status, 304);
}

}  // namespace
}  // namespace portd::api
