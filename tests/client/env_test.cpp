#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::lease_of;
using test::list_of;
using test::Ran;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::string lookup(const std::string& service, const std::string& instance = "main") {
  return "GET /ports?project=store&service=" + service + "&instance=" + instance;
}

// The project "store" of web, api and a shared db, each with its ports.
class EnvVerb : public testing::Test {
 protected:
  EnvVerb() {
    write_project("");
    has("web", "main", {lease_of("store/web", 20001), lease_of("store/web:debug", 20002)});
    has("api", "main", {lease_of("store/api", 20003)});
    has("db", "main", {lease_of("store/db:postgres", 20004)});
  }

  void write_project(const std::string& env_of_web) {
    world.write("shop/portd.yaml",
                "project: store\n"
                "services:\n"
                "  web:\n"
                "    ports: [http, debug]\n"
                "    env: {" +
                    env_of_web +
                    "}\n"
                    "  api:\n"
                    "  db: {shared: true, ports: [postgres]}\n");
  }
  void has(const std::string& service, const std::string& instance, const std::vector<Lease>& leases) {
    world.answers[lookup(service, instance)] = {200, list_of(leases)};
  }
  Ran env(std::vector<std::string> arguments = {}) {
    if (!world.portd) world.start_portd();
    arguments.insert(arguments.begin(), "env");
    return world.run(arguments);
  }
  // The value of one variable that web's own `env` has.
  std::string value(const std::string& text, const std::string& format) {
    write_project("VALUE: " + dump_json(Json(text)));
    const std::string out = env({"web", "--format", format}).out;
    return out.substr(out.rfind("VALUE="));
  }

  test::PortcWorld world;
};

TEST_F(EnvVerb, PrintsPortsAndUrlsInTheOrderOfTheFile) {
  const auto ran = env();
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "WEB_PORT=20001\nWEB_URL=http://localhost:20001\n"
            "WEB_DEBUG_PORT=20002\nWEB_DEBUG_URL=http://localhost:20002\n"
            "API_PORT=20003\nAPI_URL=http://localhost:20003\n"
            "DB_PORT=20004\nDB_URL=http://localhost:20004\n");
}

TEST_F(EnvVerb, LeasesWhatHasNoPortYet) {
  has("api", "main", {});
  world.answers["POST /ports"] = {201, test::granted("store/api", 20009)};
  EXPECT_THAT(env().out, HasSubstr("API_PORT=20009\n"));
}

TEST_F(EnvVerb, JsonIsOneObject) {
  const Json expected = *parse_json(env({"--json"}).out);
  EXPECT_EQ(expected.at("WEB_DEBUG_PORT"), "20002");
  EXPECT_EQ(expected.size(), 8U);
  EXPECT_EQ(*parse_json(env({"--format", "json"}).out), expected);
}

TEST_F(EnvVerb, ShellExports) { EXPECT_THAT(env({"--format", "shell"}).out, HasSubstr("export WEB_PORT='20001'\n")); }

TEST_F(EnvVerb, DirenvWatchesTheProjectsFiles) {
  const auto ran = env({"--format", "direnv"});
  EXPECT_TRUE(ran.out.starts_with("watch_file '" + (world.home / "shop/portd.yaml").string() + "'\nexport "));
}

TEST_F(EnvVerb, OfOneServiceHasAlsoItsPortAndItsOwnVariables) {
  write_project(R"(API_URL: "${services.api.url}/v1", HOST: "${services.api.host}", DB: "${services.db.ports.postgres}",
                   DEBUG: "${services.web.ports.debug}", WHO: "${WHO:-nobody}", PRICE: "5$$")");
  const auto ran = env({"web"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("PORT=20001\nAPI_URL=http://localhost:20003/v1\nHOST=localhost\nDB=20004\n"
                                 "DEBUG=20002\nWHO=nobody\nPRICE='5$'\n"));
  EXPECT_THAT(env().out, Not(HasSubstr("\nPORT=")));
}

TEST_F(EnvVerb, AMainRoleOtherThanHttpIsPort) { EXPECT_THAT(env({"db"}).out, HasSubstr("\nPORT=20004\n")); }

TEST_F(EnvVerb, DotenvQuotesWhatReadersWouldMistake) {
  EXPECT_EQ(value("plain/text-1.2:3@x", "dotenv"), "VALUE=plain/text-1.2:3@x\n");
  EXPECT_EQ(value("", "dotenv"), "VALUE=''\n");
  EXPECT_EQ(value("two words #1", "dotenv"), "VALUE='two words #1'\n");
  EXPECT_EQ(value("a \"b\" $$c", "dotenv"), "VALUE='a \"b\" $c'\n");
  EXPECT_EQ(value("it's $$5 \\ \"x\"\nnext\r", "dotenv"), "VALUE=\"it's \\$5 \\\\ \\\"x\\\"\\nnext\\r\"\n");
}

TEST_F(EnvVerb, ShellQuotesEverything) {
  EXPECT_EQ(value("it's `id` $$(id) \\ \"x\"\nnext", "shell"), "VALUE='it'\\''s `id` $(id) \\ \"x\"\nnext'\n");
  EXPECT_EQ(value("", "direnv"), "VALUE=''\n");
}

TEST_F(EnvVerb, NamesBecomeVariablesOfAShell) {
  world.write("shop/portd.yaml", "project: store\nservices: {my-api.v2: {}, 3d: {}}\n");
  has("my-api.v2", "main", {lease_of("store/my-api.v2", 20001)});
  has("3d", "main", {lease_of("store/3d", 20002)});
  EXPECT_THAT(env().out, HasSubstr("MY_API_V2_PORT=20001\n"));
  EXPECT_THAT(env().out, HasSubstr("_3D_PORT=20002\n"));
}

TEST_F(EnvVerb, SiblingsAreOfTheSameInstanceAndSharedOnesOfMain) {
  write_project("API_URL: \"${services.api.url}\", DB: \"${services.db.port}\"");
  has("web", "blue", {lease_of("store/web@blue", 20011), lease_of("store/web@blue:debug", 20012)});
  has("api", "blue", {lease_of("store/api@blue", 20013)});
  for (const auto& arguments : {std::vector<std::string>{"web", "--instance", "blue"}, {"web@blue"}}) {
    const auto ran = env(arguments);
    EXPECT_THAT(ran.out, HasSubstr("\nPORT=20011\nAPI_URL=http://localhost:20013\nDB=20004\n")) << ran.err;
  }
}

TEST_F(EnvVerb, ASharedServiceDoesNotBringItsSiblingsToMain) {
  has("web", "blue", {lease_of("store/web@blue", 20011), lease_of("store/web@blue:debug", 20012)});
  has("api", "blue", {lease_of("store/api@blue", 20013)});
  EXPECT_THAT(env({"db", "--instance", "blue"}).out, HasSubstr("API_PORT=20013\n"));
}

TEST_F(EnvVerb, AnEnvironmentHasPortsAndValuesOfItsOwn) {
  world.write("shop/portd.yaml",
              "project: store\n"
              "services: {web: {env: {DEBUG: \"1\"}}}\n"
              "environments: {testing: {services: {web: {env: {DEBUG: \"0\"}}}}}\n");
  has("web", "main.testing", {lease_of("store/web@main.testing", 20021)});
  EXPECT_THAT(env({"web", "--env", "testing"}).out, HasSubstr("WEB_PORT=20021\n"));
  world.environment.variables["PORTD_ENV"] = "testing";
  EXPECT_THAT(env({"web"}).out, HasSubstr("PORT=20021\nDEBUG=0\n"));
}

TEST_F(EnvVerb, AsksForEachLeaseOnce) {
  write_project("A: \"${services.api.url}\", B: \"${services.api.port}\"");
  env({"web"});
  const auto lines = world.portd->request_lines();
  EXPECT_THAT(lines, Contains(lookup("api")).Times(1));
}

TEST_F(EnvVerb, AVariableThatIsUnsetIsSaidWithItsFile) {
  write_project("SECRET: \"${SECRET}\"");
  const auto ran = env({"web"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("portd.yaml: \"${SECRET}\" is not set; set the variable"));
  world.environment.variables["SECRET"] = "s";
  EXPECT_EQ(env({"web"}).exit, 0);
}

TEST_F(EnvVerb, AFailedGrantIsPortdsOwnWords) {
  has("api", "main", {});
  write_project("API_URL: \"${services.api.url}\"");
  world.answers["POST /ports"] = {507, test::problem(Problem::range_full, "the range is full")};
  const auto ran = env({"web"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.err, "portc: the range is full\n");
}

TEST_F(EnvVerb, NeedsAProject) {
  std::filesystem::remove(world.home / "shop/portd.yaml");
  const auto ran = env();
  EXPECT_EQ(ran.exit, 3);
  EXPECT_EQ(ran.err, "portc: there is no portd.yaml in this folder or above it; make one with: portc init\n");
}

TEST_F(EnvVerb, ARefusedServiceIsNamed) {
  const auto unknown = env({"weeb"});
  EXPECT_EQ(unknown.exit, 3);
  EXPECT_THAT(unknown.err, HasSubstr("weeb is not in " + (world.home / "shop/portd.yaml").string()));
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"web\"?"));
  const auto other = env({"acme/web"});
  EXPECT_EQ(other.exit, 3);
  EXPECT_THAT(other.err, HasSubstr("is not of the project acme"));
  EXPECT_EQ(env({"web:debug"}).exit, 2);
}

TEST_F(EnvVerb, ServicesThatWouldShareAVariableAreRefusedBeforeAnythingIsLeased) {
  world.write("shop/portd.yaml", "project: store\nservices: {my-api: {}, my.api: {}}\n");
  const Ran ran = env();
  EXPECT_EQ(ran.exit, 78);
  EXPECT_THAT(ran.err, HasSubstr("my-api:http and my.api:http would both be MY_API_PORT; rename one of them"));
  EXPECT_TRUE(world.portd->requests().empty());
}

TEST_F(EnvVerb, VariablesThatDecideWhatRunsAreRefusedBeforeAnythingIsLeased) {
  write_project("LD_PRELOAD: ./x.so");
  const Ran ran = env({"web"});
  EXPECT_EQ(ran.exit, 77);
  EXPECT_THAT(ran.err, HasSubstr("sets LD_PRELOAD, which decides what programs run, and is not trusted"));
  EXPECT_TRUE(world.portd->requests().empty());
}

TEST_F(EnvVerb, AnUnknownFormatIsRefused) { EXPECT_EQ(env({"--format", "xml"}).exit, 2); }

}  // namespace
}  // namespace portd::client
