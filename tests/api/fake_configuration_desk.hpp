#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/api/configuration_desk.hpp"

namespace portd::test {

// Shows what a test says, keeps what it is told, and refuses when a test wants it to.
class FakeConfigurationDesk : public api::ConfigurationDesk {
 public:
  Json shown{{"content", "ports: {strategy: next}\n"}};
  std::optional<Refusal> refusal;
  std::optional<Error> unreadable;
  std::string replaced;  // by which text
  Json restated;         // by which settings
  bool valid = true;

  Result<Json> show() const override {
    if (unreadable) return {boost::system::in_place_error, *unreadable};
    return {boost::system::in_place_value, shown};
  }
  std::optional<Refusal> replace(const std::string& content) override {
    if (refusal) return refusal;
    replaced = content;
    shown = {{"content", content}};
    return std::nullopt;
  }
  std::optional<Refusal> restate(const Json& settings) override {
    if (refusal) return refusal;
    restated = settings;
    return std::nullopt;
  }
  Judgement judge_daemon_text(const std::string& content) const override { return judge("daemon: " + content); }
  Judgement judge_project_text(const std::string& content) const override { return judge("project: " + content); }
  std::string_view schema() const override { return R"({"$id": "urn:test"})"; }

 private:
  // What is wrong is what was judged.
  Judgement judge(const std::string& text) const {
    return {valid, valid ? Json::array() : Json::array({{{"message", text}}})};
  }
};

}  // namespace portd::test
