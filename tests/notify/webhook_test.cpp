#include "daemon/notify/webhook.hpp"

#include "tests/notify/alert_number.hpp"
#include "tests/support/scripted_server.hpp"

namespace portd {
namespace {

using test::alert_number;
using test::ScriptedServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string answer(const std::string& status, const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n" + headers + "\r\n";
}

class WebhookTest : public test::LoopWorld {
 protected:
  static notify::Webhook::Pace quick() {
    notify::Webhook::Pace pace;
    pace.timeout = Millis(200);
    pace.first_pause = Millis(2);
    pace.longest_pause = Millis(4);
    pace.chance = [] { return 0.0; };
    return pace;
  }
  static HttpUrl url_of(const ScriptedServer& server) { return {"localhost", server.port(), "/alerts?to=me"}; }

  // The ids of what was delivered, as the receiver reads them.
  static std::vector<std::string> ids(const ScriptedServer& server) {
    std::vector<std::string> ids;
    for (const std::string& request : server.requests) {
      const auto at = request.find("X-Portd-Delivery: ") + 18;
      ids.push_back(request.substr(at, request.find("\r\n", at) - at));
    }
    return ids;
  }
  void deliver_all() {
    run_until([this] { return webhook.waiting() == 0; });
  }

  notify::Webhook webhook{loop, "desk", quick()};
};

TEST_F(WebhookTest, PostsEachChangeOnceInOrder) {
  ScriptedServer server(loop, answer("204 No Content"));
  webhook.use(url_of(server));
  webhook.deliver(alert_number(1));
  webhook.deliver(alert_number(2));
  webhook.deliver(alert_number(1, AlertState::resolved));
  deliver_all();
  settle();
  EXPECT_THAT(ids(server), ElementsAre("a-beef-1-raised", "a-beef-2-raised", "a-beef-1-resolved"));
  const std::string& first = server.requests.at(0);
  EXPECT_THAT(first, ::testing::StartsWith("POST /alerts?to=me HTTP/1.1\r\nHost: localhost:"));
  EXPECT_THAT(first, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(first, HasSubstr("Idempotency-Key: a-beef-1-raised\r\n"));
  EXPECT_THAT(first, HasSubstr(R"({"event":"alert.raised","host":"desk","alert":{"id":"a-beef-1")"));
}

TEST_F(WebhookTest, TriesAgainWithTheSameKeyUntilItIsTaken) {
  ScriptedServer server(loop, answer("503 Service Unavailable"));
  webhook.use(url_of(server));
  webhook.deliver(alert_number(1));
  webhook.deliver(alert_number(2));
  run_until([&] { return server.requests.size() >= 3; });
  server.say(answer("200 OK"));
  deliver_all();
  settle();
  const auto seen = ids(server);
  EXPECT_EQ(std::ranges::count(seen, "a-beef-2-raised"), 1) << "the second waits for the first";
  EXPECT_EQ(seen.back(), "a-beef-2-raised");
  EXPECT_EQ(webhook.fallen_out(), 0U);
}

TEST_F(WebhookTest, FollowsNoRedirect) {
  ScriptedServer other(loop, answer("200 OK"));
  ScriptedServer server(loop, answer("302 Found", "Location: http://localhost:" + other.port().text() + "/\r\n"));
  webhook.use(url_of(server));
  webhook.deliver(alert_number(1));
  run_until([&] { return server.requests.size() >= 2; });
  EXPECT_TRUE(other.requests.empty());
  EXPECT_EQ(webhook.waiting(), 1U);
}

TEST_F(WebhookTest, AnAnswerThatDoesNotComeIsNotWaitedForForLong) {
  ScriptedServer mute(loop, ScriptedServer::Script{"", false});
  webhook.use(url_of(mute));
  webhook.deliver(alert_number(1));
  run_until([&] { return mute.connections >= 2; });
  EXPECT_EQ(webhook.waiting(), 1U);
}

TEST_F(WebhookTest, WhatIsNeverTakenIsGivenUpAndTheNextGoes) {
  ScriptedServer server(loop, answer("422 Unprocessable Entity"));
  webhook.use(url_of(server));
  webhook.deliver(alert_number(1));
  run_until([&] { return webhook.fallen_out() == 1; });
  EXPECT_EQ(server.requests.size(), 3U);
  server.say(answer("200 OK"));
  webhook.deliver(alert_number(2));
  deliver_all();
  EXPECT_EQ(ids(server).back(), "a-beef-2-raised");
}

TEST_F(WebhookTest, WhatWaitsIsBoundedAndWhatFallsOutIsCounted) {
  test::SilentPort nobody(loop);
  notify::Webhook::Pace pace = quick();
  pace.most_waiting = 3;
  notify::Webhook bounded(loop, "desk", pace);
  bounded.use(HttpUrl{"127.0.0.1", nobody.port(), "/"});
  for (int number = 1; number <= 5; ++number) bounded.deliver(alert_number(number));
  EXPECT_EQ(bounded.waiting(), 3U);
  EXPECT_EQ(bounded.fallen_out(), 2U);
}

TEST_F(WebhookTest, WhatWaitsGoesToTheWebhookThatIsSetMeanwhile) {
  test::SilentPort nobody(loop);
  notify::Webhook::Pace patient = quick();
  patient.first_pause = Millis(60'000);
  patient.longest_pause = Millis(60'000);
  notify::Webhook moved(loop, "desk", patient);
  ScriptedServer server(loop, answer("200 OK"));
  moved.use(HttpUrl{"127.0.0.1", nobody.port(), "/"});
  moved.deliver(alert_number(1));
  settle();
  moved.use(url_of(server));
  run_until([&] { return moved.waiting() == 0; });
  EXPECT_THAT(ids(server), ElementsAre("a-beef-1-raised"));
}

TEST_F(WebhookTest, WithoutAWebhookNothingWaits) {
  webhook.deliver(alert_number(1));
  EXPECT_EQ(webhook.waiting(), 0U);
  test::SilentPort nobody(loop);
  webhook.use(HttpUrl{"127.0.0.1", nobody.port(), "/"});
  webhook.deliver(alert_number(2));
  EXPECT_EQ(webhook.waiting(), 1U);
  webhook.use(std::nullopt);
  EXPECT_EQ(webhook.waiting(), 0U);
}

}  // namespace
}  // namespace portd
