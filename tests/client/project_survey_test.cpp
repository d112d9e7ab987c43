#include "client/project_survey.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

class ProjectSurvey : public testing::Test {
 protected:
  std::vector<SurveyedService> found() const { return survey(world.home / "shop", "shop"); }
  // The only service that is found.
  SurveyedService only() const {
    const auto services = found();
    EXPECT_EQ(services.size(), 1U);
    return services.front();
  }

  void write(const std::string& name, const std::string& text) const { world.write("shop/" + name, text); }

  test::PortcWorld world;
};

TEST_F(ProjectSurvey, AnEmptyFolderIsOneServiceByItsOwnName) {
  EXPECT_EQ(only().name, "shop");
  EXPECT_EQ(only().roles, std::vector<std::string>{"http"});
  EXPECT_EQ(only().command, "");
  EXPECT_EQ(only().found_by, "");
}

TEST_F(ProjectSurvey, FlaskIsFoundInWhatTheProjectDependsOn) {
  for (const char* text : {"flask", "Flask>=3\n", "gunicorn\nflask[async]==3.0\n", "dependencies = [\"Flask\"]"}) {
    write("requirements.txt", text);
    EXPECT_EQ(only().command, "flask run") << text;
    EXPECT_EQ(only().found_by, "requirements.txt names Flask");
  }
}

TEST_F(ProjectSurvey, FlaskIsNotFoundInAnotherWord) {
  write("requirements.txt", "flask-cors\nmyflask\nflask_login\n");
  EXPECT_EQ(only().found_by, "");
}

TEST_F(ProjectSurvey, FlaskIsFoundInAnApp) {
  write("wsgi.py", "app = Flask(__name__)\n");
  EXPECT_EQ(only().found_by, "wsgi.py makes a Flask app");
}

TEST_F(ProjectSurvey, NodeIsFoundByItsScripts) {
  write("package.json", R"({"scripts": {"start": "node ."}})");
  EXPECT_EQ(only().command, "npm start");
  write("package.json", R"({"scripts": {"start": "node .", "dev": "vite"}})");
  EXPECT_EQ(only().command, "npm run dev");
  EXPECT_EQ(only().found_by, "package.json has a script dev");
  EXPECT_EQ(only().name, "shop");
}

TEST_F(ProjectSurvey, NodeBesideFlaskIsTheFrontend) {
  write("app.py", "Flask(__name__)");
  write("package.json", R"({"scripts": {"dev": "vite"}})");
  const auto services = found();
  ASSERT_EQ(services.size(), 2U);
  EXPECT_EQ(services[0].name, "shop");
  EXPECT_EQ(services[1].name, "frontend");
}

TEST_F(ProjectSurvey, ComposeServicesThatPublishPortsAreShared) {
  write("compose.yaml",
        "services:\n"
        "  My_DB: {image: \"postgres:16\", ports: [\"127.0.0.1:5433:5432/tcp\"]}\n"
        "  cache: {image: redis, ports: [6379]}\n"
        "  mail: {build: ., ports: [{target: 8025, published: 8025}]}\n"
        "  worker: {image: busybox}\n");
  const auto services = found();
  ASSERT_EQ(services.size(), 3U);
  EXPECT_EQ(services[0].name, "my_db");
  EXPECT_EQ(services[0].roles, std::vector<std::string>{"postgres"});
  EXPECT_EQ(services[0].command, "docker compose up My_DB");
  EXPECT_TRUE(services[0].shared);
  EXPECT_EQ(services[0].advice, "in compose.yaml: \"${MY_DB_PORT}:5432\", after portc env > .env");
  EXPECT_EQ(services[1].roles, std::vector<std::string>{"redis"});
  EXPECT_THAT(services[1].advice, ::testing::HasSubstr(":6379\""));
  EXPECT_EQ(services[2].roles, std::vector<std::string>{"http"});
  EXPECT_THAT(services[2].advice, ::testing::HasSubstr(":8025\""));
}

TEST_F(ProjectSurvey, OnlyTheFirstComposeFileIsRead) {
  write("compose.yml", "services: {a: {ports: [80]}}\n");
  write("docker-compose.yml", "services: {b: {ports: [80]}}\n");
  EXPECT_EQ(only().name, "a");
}

TEST_F(ProjectSurvey, WhatIsNoPortGivesNoAdvice) {
  write("compose.yaml", "services: {a: {ports: [\"${PORT:-80}\"]}, b: {ports: [\"80\\n  evil: {}\"]}}\n");
  const auto services = found();
  ASSERT_EQ(services.size(), 2U);
  EXPECT_EQ(services[0].advice, "");
  EXPECT_EQ(services[1].advice, "");
}

TEST_F(ProjectSurvey, BrokenFilesArePassedOver) {
  write("package.json", "{\"scripts\": ");
  write("compose.yaml", "services: [");
  write("requirements.txt", "\xff\xfe");
  EXPECT_EQ(only().found_by, "");
  write("package.json", "[1]");
  write("compose.yaml", "services: {db: 5, cache: {ports: no}, \"\": {ports: [1]}}\n");
  EXPECT_EQ(only().found_by, "");
  write("package.json", R"({"scripts": ["dev"]})");
  write("compose.yaml", std::string(300'000, '#'));
  EXPECT_EQ(only().found_by, "");
}

TEST_F(ProjectSurvey, FoldersInPlaceOfFilesArePassedOver) {
  std::filesystem::create_directories(world.home / "shop" / "requirements.txt");
  std::filesystem::create_directories(world.home / "shop" / "package.json");
  EXPECT_EQ(only().found_by, "");
}

}  // namespace
}  // namespace portd::client
