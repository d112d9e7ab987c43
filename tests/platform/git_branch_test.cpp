#include "daemon/platform/git_branch.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "common/descriptor.hpp"
#include "tests/support/temp_folder.hpp"

namespace portd {
namespace {

class GitBranchTest : public ::testing::Test {
 protected:
  testing::TempFolder folder_;
  std::string far_;  // what may not be read

  std::filesystem::path at(const std::string& path) const { return folder_.path() / path; }
  void write(const std::string& path, const std::string& content) const {
    std::filesystem::create_directories(at(path).parent_path());
    std::ofstream(at(path)) << content;
  }
  std::string branch(const std::string& path) const {
    std::filesystem::create_directories(at(path));
    const Descriptor opened(::open(at(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const Descriptor root(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return platform::git_branch({opened.get(), root.get(), at(path).string()},
                                [this](const std::string& each) { return each != far_; });
  }
};

TEST_F(GitBranchTest, IsThatOfTheNearestRepository) {
  write("shop/.git/HEAD", "ref: refs/heads/main\n");
  write("shop/web/.git/HEAD", "ref: refs/heads/feature/login\n");
  EXPECT_EQ(branch("shop"), "main");
  EXPECT_EQ(branch("shop/api/src"), "main");
  EXPECT_EQ(branch("shop/web/src"), "feature/login");
}

TEST_F(GitBranchTest, OfAWorktreeAndOfASubmoduleAFileTellsWhere) {
  write("shop/.git/worktrees/x/HEAD", "ref: refs/heads/x\n");
  write("tree/.git", "gitdir: " + at("shop/.git/worktrees/x").string() + "\n");
  EXPECT_EQ(branch("tree/src"), "x");
  write("shop/part/.git", "gitdir: ../.git/worktrees/x\n");
  EXPECT_EQ(branch("shop/part"), "x");
}

TEST_F(GitBranchTest, NothingIsOpenedThatMayHang) {
  write("shop/.git/worktrees/x/HEAD", "ref: refs/heads/x\n");
  write("shop/.git/HEAD", "ref: refs/heads/main\n");
  write("tree/.git", "gitdir: " + at("shop/.git/worktrees/x").string() + "\n");
  write("around/.git", "gitdir: ../shop/web/../.git\n");
  EXPECT_EQ(branch("around"), "main");
  for (const char* far : {"shop", "shop/.git"}) {
    far_ = at(far).string();
    for (const char* name : {"shop/web", "tree", "around"}) EXPECT_EQ(branch(name), "") << far << " " << name;
  }
  far_ = at("shop/web").string();
  EXPECT_EQ(branch("around"), "main");  // not on the way
  far_ = "/";
  EXPECT_EQ(branch("tree"), "");
}

TEST_F(GitBranchTest, WithoutABranchThereIsNone) {
  EXPECT_EQ(branch("plain"), "");
  write("shop/.git/HEAD", "0123456789012345678901234567890123456789\n");
  EXPECT_EQ(branch("shop"), "");
}

TEST_F(GitBranchTest, HostileRepositoriesTellNothing) {
  write("control/.git/HEAD", "ref: refs/heads/a\033[2Jb\n");
  write("long/.git/HEAD", "ref: refs/heads/" + std::string(300, 'x') + "\n");
  write("huge/.git/HEAD", "ref: refs/heads/main\n" + std::string(8'192, 'x'));
  write("file/.git", std::string(8'192, 'x'));
  write("nowhere/.git", "gitdir: /does/not/exist\n");
  write("folder/.git/HEAD/x", "");
  write("secret", "ref: refs/heads/secret\n");
  std::filesystem::create_directories(at("link/.git"));
  std::filesystem::create_symlink(at("secret"), at("link/.git/HEAD"));
  std::filesystem::create_directories(at("linked"));
  std::filesystem::create_symlink(at("control/.git"), at("linked/.git"));
  std::filesystem::create_symlink(at("shop"), at("alias"));
  write("shop/.git/HEAD", "ref: refs/heads/main\n");
  write("detour/.git", "gitdir: ../alias/.git\n");
  std::filesystem::create_directories(at("fifo/.git"));
  ASSERT_EQ(::mkfifo(at("fifo/.git/HEAD").c_str(), 0600), 0);
  for (const char* name :
       {"control", "long", "huge", "file", "nowhere", "folder", "link", "linked", "detour", "fifo"}) {
    EXPECT_EQ(branch(name), "") << name;
  }
}

}  // namespace
}  // namespace portd
