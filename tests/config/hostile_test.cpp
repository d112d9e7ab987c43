// Files that were made to hurt: each is refused with words, or taken, quickly and in little memory. What it costs is
// measured by tests/e2e/test_config_hostile.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "config/project.hpp"
#include "config/settings.hpp"
#include "tests/support/temp_folder.hpp"

namespace portd::config {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string times(std::size_t count, const std::string& text) {
  std::string whole;
  for (std::size_t i = 0; i < count; ++i) whole += text;
  return whole;
}

std::string numbered(int count, const std::string& before, const std::string& after) {
  std::string whole;
  for (int i = 0; i < count; ++i) whole += before + std::to_string(i) + after;
  return whole;
}

std::vector<std::string> texts(const std::vector<Mistake>& mistakes) {
  std::vector<std::string> texts;
  for (const Mistake& mistake : mistakes) texts.push_back(describe(mistake));
  return texts;
}

std::size_t size_of(const std::vector<Mistake>& mistakes) {
  std::size_t size = 0;
  for (const std::string& text : texts(mistakes)) size += text.size();
  return size;
}

class HostileFile : public ::testing::Test {
 protected:
  std::vector<Mistake> settings(const std::string& content) const {
    return load_settings({.files = {{folder_.write("settings.yaml", content), Layer::user, true}}}).mistakes;
  }

  LoadedProject project(const std::string& content) const {
    return load_project({.file = folder_.write("portd.yaml", content),
                         .environment = "",
                         .instance = "",
                         .variables = {},
                         .flags = {}});
  }

  portd::testing::TempFolder folder_;
};

TEST_F(HostileFile, IsOneMistakeWhereNothingOfItCanBeRead) {
  const std::string bomb = "a: &a [x, x]\n" + numbered(40, "b", ": &b [*a, *a]\n");
  for (const std::string& content :
       {bomb, std::string("a: &a [*a]\n"), times(100'000, "k: 1\n"), std::string(10U << 20U, 'x'),
        std::string(10'000, '[') + std::string(10'000, ']'), std::string(250'000, '['), times(10'000, "- "),
        times(10'000, "{a: "), std::string("ports:\0 1\n", 10), std::string("ports: \xFF\xFE\n"), times(100'000, "? "),
        std::string(200'000, 'a') + ": 1", times(60'000, "---\n")}) {
    EXPECT_THAT(settings(content), SizeIs(1)) << content.substr(0, 40);
    EXPECT_LT(size_of(settings(content)), 1'000U) << content.substr(0, 40);
  }
}

TEST_F(HostileFile, ThatIsNoFileIsAMistake) {
  const fs::path fifo = folder_.path() / "fifo", loop = folder_.path() / "loop", zero = folder_.path() / "zero";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  fs::create_symlink(loop, loop);
  fs::create_symlink("/dev/zero", zero);
  for (const fs::path& path : {fifo, loop, zero, folder_.path()}) {
    EXPECT_THAT(load_settings({.files = {{path, Layer::user, true}}}).mistakes, SizeIs(1)) << path;
  }
}

TEST_F(HostileFile, TellsOfThousandsOfMistakesTheFirstHundredAndHowManyMoreThereAre) {
  for (const std::string& content :
       {numbered(4'990, "k", ": 1\n"), "ports:\n" + numbered(4'990, "  k", ": 1\n"),
        "ports:\n  exclude:\n" + numbered(9'990, "  - x", "\n"), times(4'000, "ports: {}\n"),
        "ports: {" + times(4'000, "strategy: next, ") + "}", times(9'990, "\ta: 1\n"),
        "ports:\n  ranges:\n" + numbered(4'990, "    r", ": 1-65535\n"),
        "checks:\n  commands:\n" + numbered(1'500, "    " + std::string(100, 's'), ": {x: {a: 1}}\n")}) {
    const auto mistakes = settings(content);
    ASSERT_THAT(mistakes, SizeIs(most_told + 1)) << content.substr(0, 40);
    EXPECT_THAT(describe(mistakes.back()), HasSubstr(": error: and ")) << content.substr(0, 40);
    EXPECT_LT(size_of(mistakes), 64U * 1024U) << content.substr(0, 40);
  }
}

TEST_F(HostileFile, IsMendedAtItsFirstMistakeHoweverManyThereAre) {
  const auto mistakes = settings("ports:\n  stratgy: next\n" + numbered(4'990, "  k", ": 1\n"));
  ASSERT_TRUE(mistakes.front().fix);
  EXPECT_EQ(mistakes.front().fix->title, "rename it to \"strategy\"");
}

TEST_F(HostileFile, WithLongTextsIsHeldAgainstEveryRegularExpression) {
  const std::string a(4096, 'a'), ones(4096, '1');
  EXPECT_THAT(settings("log: {file: /" + a.substr(1) + "}"), IsEmpty());
  for (const std::string& content :
       {"ports: {ranges: {web: " + a + "}}", "ports: {ranges: {web: " + ones + "}}", "leases: {ttl: " + ones + "}",
        "api: {allowed_hosts: [" + a + "]}", "log: {file: /" + a + "}", "log: {file: /" + a.substr(2) + "/}",
        "checks: {commands: {db: {" + std::string(128, 'a') + ": {command: [x]}}}}"}) {
    EXPECT_THAT(settings(content), SizeIs(1)) << content.substr(0, 40);
  }
  for (const std::string& service :
       {"checks: [{type: http, path: /" + a.substr(1) + "\"}]", "checks: [{type: http, url: h" + a.substr(1) + "}]",
        "ports: [" + a + "]", "env: {" + std::string(128, 'A') + "-: x}", "depends_on: {x: " + a + "}"}) {
    EXPECT_FALSE(project("services: {web: {" + service + "}}").mistakes.empty()) << service.substr(0, 40);
  }
}

TEST_F(HostileFile, MayHoldALongChainOfDependencies) {
  const auto chain = [](int first, int last) {
    std::string services = "services:\n";
    for (int i = first; i < last; ++i) {
      services += "  s" + std::to_string(i) + ": {depends_on: [s" + std::to_string(i + 1) + "]}\n";
    }
    return services;
  };
  folder_.write("base.yaml", chain(100, 199) + "  s199: {}\n");
  const LoadedProject loaded = project("extends: base.yaml\n" + chain(0, 100));
  EXPECT_THAT(texts(loaded.mistakes), IsEmpty());
  EXPECT_THAT(loaded.project.services, SizeIs(200));
}

TEST_F(HostileFile, MayNotHoldMoreServicesThanAnybodyHas) {
  const auto services = [](int first, int last) {
    std::string text = "services:\n";
    for (int i = first; i < last; ++i) text += "  s" + std::to_string(i) + ": {}\n";
    return text;
  };
  EXPECT_THAT(texts(project(services(0, 201)).mistakes),
              ElementsAre(HasSubstr("services has 201 entries; at most 200 are allowed")));
  folder_.write("base.yaml", services(0, 150));
  EXPECT_THAT(texts(project("extends: base.yaml\n" + services(150, 300)).mistakes),
              ElementsAre(HasSubstr("services has more than 200 services in all its files")));
}

TEST_F(HostileFile, IsLaidOnceHoweverOftenItIsExtended) {
  for (int i = 0; i < 30; ++i) {
    std::string text = "extends: [";
    for (int other = i + 1; other < 30; ++other) text += "b" + std::to_string(other) + ".yaml, ";
    folder_.write("b" + std::to_string(i) + ".yaml",
                  text + "]\nservices: {web: {tags: [t" + std::to_string(i) + "]}}\n");
  }
  const LoadedProject loaded = project("extends: b0.yaml\n");
  EXPECT_THAT(texts(loaded.mistakes), IsEmpty());
  EXPECT_THAT(loaded.project.files, SizeIs(31));
  EXPECT_EQ(loaded.project.services.front().tags.front(), "t0");
}

TEST_F(HostileFile, MayNotReachOutOfItsProject) {
  folder_.write("secret", "password\n");
  folder_.write("deep/er/.git/HEAD", "x");
  folder_.write("outside.yaml", "services: {}\n");
  const LoadedProject out = load_project({.file = folder_.write("deep/er/portd.yaml", "extends: ../../outside.yaml\n"),
                                          .environment = {},
                                          .instance = {}});
  EXPECT_THAT(texts(out.mistakes), ElementsAre(HasSubstr("lies outside of")));
  EXPECT_THAT(texts(project("extends: secret\n").mistakes),
              ElementsAre(HasSubstr("must be a file that ends in .yaml")));
}

TEST_F(HostileFile, WithALongCycleIsToldInAShortMessage) {
  std::string chain = "services:\n";
  for (int i = 0; i < 190; ++i) {
    chain += "  s" + std::to_string(i) + ": {depends_on: [s" + std::to_string((i + 1) % 190) + "]}\n";
  }
  EXPECT_THAT(texts(project(chain).mistakes),
              ElementsAre(AllOf(HasSubstr("closes a cycle: s0 -> s1 -> "), HasSubstr("... -> s189 -> s0"))));
  EXPECT_LT(size_of(project(chain).mistakes), 1'000U);
}

TEST_F(HostileFile, WithThousandsOfUnknownServicesHasFewSuggestions) {
  std::string services = "services:\n";
  for (int i = 0; i < 1'900; ++i) {
    const std::string name = std::string(50, 's') + std::to_string(i);
    services += "  " + name + ": {depends_on: [" + name + "x]}\n";
  }
  EXPECT_THAT(project(services).mistakes, SizeIs(most_told + 1));
}

TEST_F(HostileFile, WithATextThatIsTooLongIsNotMendedByQuotes) {
  const auto mistakes = settings("api: {allowed_hosts: [" + std::string(4096, 'a') + "]}");
  ASSERT_THAT(mistakes, SizeIs(1));
  ASSERT_TRUE(mistakes.front().fix);
  EXPECT_THAT(mistakes.front().fix->title, HasSubstr("remove"));
}

// Each of twenty files extends the next one twice: read once, a million times named.
TEST_F(HostileFile, ThatExtendsFilesWithoutEndIsReadOnce) {
  for (int i = 1; i < 20; ++i) {
    const std::string next = "b" + std::to_string(i + 1) + ".yaml";
    folder_.write("b" + std::to_string(i) + ".yaml", "extends: [" + next + ", " + next + "]\n");
  }
  folder_.write("b20.yaml", "services: {web: {}}\n");
  const LoadedProject loaded = project("extends: [b1.yaml, b1.yaml]\n");
  EXPECT_THAT(texts(loaded.mistakes), IsEmpty());
  EXPECT_THAT(loaded.project.files, SizeIs(21));
  EXPECT_THAT(loaded.project.services, SizeIs(1));
}

TEST_F(HostileFile, ThatExtendsALongChainOfFilesIsRefused) {
  for (int i = 1; i < 500; ++i) {
    folder_.write("b" + std::to_string(i) + ".yaml", "extends: b" + std::to_string(i + 1) + ".yaml\n");
  }
  folder_.write("b500.yaml", "services: {web: {}}\n");
  EXPECT_THAT(texts(project("extends: b1.yaml\n").mistakes), ElementsAre(HasSubstr("extends more than 32 files")));
}

}  // namespace
}  // namespace portd::config
