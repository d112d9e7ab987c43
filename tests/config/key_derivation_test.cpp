#include "config/key_derivation.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/temp_folder.hpp"

namespace portd::config {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const json& vector_file() {
  static const json file = json::parse(std::ifstream(fs::path(PORTD_SOURCE_DIR) / "tests/config/keys.json"));
  return file;
}

std::string with_tree(std::string text, const fs::path& tree) {
  const std::string placeholder = "{tree}";
  for (std::size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder)) {
    text.replace(at, placeholder.size(), tree.string());
  }
  return text;
}

void build(const json& c, const portd::testing::TempFolder& tree) {
  for (const json& folder : c.value("folders", json::array())) {
    fs::create_directories(tree.path() / folder.get<std::string>());
  }
  const json files = c.value("files", json::object());
  for (const auto& [path, content] : files.items()) tree.write(path, with_tree(content, tree.path()));
}

std::map<std::string, std::string> variables_of(const json& c, const fs::path& tree) {
  std::map<std::string, std::string> variables{{"HOME", tree.string()}};
  const json stated = c.value("variables", json::object());
  for (const auto& [name, value] : stated.items()) variables[name] = with_tree(value, tree);
  return variables;
}

std::optional<std::string> hint(const json& c, const char* name) {
  const json hints = c.value("hints", json::object());
  return hints.contains(name) ? std::optional(hints[name].get<std::string>()) : std::nullopt;
}

class KeyVector : public ::testing::TestWithParam<std::size_t> {};

TEST_P(KeyVector, HasTheKeyOfItsFile) {
  const json& c = vector_file()["cases"][GetParam()];
  SCOPED_TRACE(c["name"].get<std::string>());
  const portd::testing::TempFolder tree;
  build(c, tree);
  const KeyHints hints{hint(c, "key"),  hint(c, "service"),     hint(c, "instance"),
                       hint(c, "role"), hint(c, "environment"), {}};

  const auto derived = derive_key(tree.path() / c["cwd"].get<std::string>(), hints, variables_of(c, tree.path()));

  if (c.contains("error")) {
    ASSERT_FALSE(derived) << derived->key.text();
    EXPECT_EQ(derived.error().problem, Problem::invalid_value);
    EXPECT_NE(derived.error().detail.find(c["error"].get<std::string>()), std::string::npos) << derived.error().detail;
    return;
  }
  ASSERT_TRUE(derived) << derived.error().detail;
  EXPECT_EQ(derived->key.project, c["key"]["project"].get<std::string>());
  EXPECT_EQ(derived->key.service, c["key"]["service"].get<std::string>());
  EXPECT_EQ(derived->key.instance, c["key"]["instance"].get<std::string>());
  EXPECT_EQ(derived->key.role, c["key"]["role"].get<std::string>());
  EXPECT_EQ(derived->root, (tree.path() / c["root"].get<std::string>() / "").parent_path());
}

INSTANTIATE_TEST_SUITE_P(Cases, KeyVector, ::testing::Range<std::size_t>(0, vector_file()["cases"].size()));

class KeyDerivation : public ::testing::Test {
 protected:
  Result<DerivedKey> derive(const fs::path& folder) const {
    return derive_key(tree_.path() / folder, {}, {{"HOME", tree_.path().string()}});
  }

  portd::testing::TempFolder tree_;
};

TEST_F(KeyDerivation, DoesNotWaitForAFifo) {
  for (const char* name : {"portd.yaml", "package.json", "pyproject.toml"}) {
    const fs::path folder = tree_.path() / name / "shop";
    fs::create_directories(folder);
    ASSERT_EQ(::mkfifo((folder / name).c_str(), 0600), 0);
    const auto derived = derive_key(folder, {}, {{"HOME", folder.string()}});
    ASSERT_FALSE(derived) << name;
    EXPECT_NE(derived.error().detail.find("not a regular file"), std::string::npos) << derived.error().detail;
  }
}

TEST_F(KeyDerivation, AFifoIsNoGitCheckout) {
  fs::create_directory(tree_.path() / "shop");
  ASSERT_EQ(::mkfifo((tree_.path() / "shop/.git").c_str(), 0600), 0);
  EXPECT_EQ(derive("shop").value().key.project, "default");
}

TEST_F(KeyDerivation, RefusesFilesOverTheirLimit) {
  tree_.write("a/portd.yaml", std::string(256 * 1024 + 1, '#'));
  tree_.write("b/package.json", std::string(256 * 1024 + 1, ' '));
  EXPECT_NE(derive("a").error().detail.find("larger than 262144 bytes"), std::string::npos);
  EXPECT_FALSE(derive("b"));
}

TEST_F(KeyDerivation, NamesThePlaceOfAMistake) {
  tree_.write("a/portd.yaml", "project: a\nproject: b\n");
  tree_.write("b/pyproject.toml", "[project]\nname = \n");
  EXPECT_NE(derive("a").error().detail.find("portd.yaml:2:1"), std::string::npos) << derive("a").error().detail;
  EXPECT_NE(derive("b").error().detail.find("pyproject.toml:2:"), std::string::npos) << derive("b").error().detail;
}

TEST_F(KeyDerivation, FollowsASymbolicLinkToTheFolder) {
  tree_.write("shop/.git/HEAD", "x");
  fs::create_directory_symlink(tree_.path() / "shop", tree_.path() / "link");
  EXPECT_EQ(derive("link").value().key.text(), "shop/shop");
}

TEST_F(KeyDerivation, AStatedInstanceHasItsOwnOverrides) {
  tree_.write("shop/portd.yaml",
              "services: {web: {}}\n"
              "instances: {blue: {services: {web: {ports: [grpc]}}}}\n");
  const KeyHints hints{.key = "web@blue", .service = {}, .instance = {}, .role = {}, .environment = {}};
  const auto derived = derive_key(tree_.path() / "shop", hints, {{"HOME", tree_.path().string()}});
  EXPECT_EQ(derived.value().key.text(), "web@blue:grpc");
}

TEST_F(KeyDerivation, TheRootFolderHasNoNameForAService) {
  EXPECT_EQ(derive_key("/", {}, {{"HOME", "/"}, {"PORTD_INSTANCE", "x"}}).error().problem, Problem::invalid_value);
}

}  // namespace
}  // namespace portd::config
