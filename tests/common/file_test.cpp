#include "common/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.hpp"

namespace portd {
namespace {

namespace fs = std::filesystem;

TEST(File, IsReadUpToItsLimit) {
  const testing::TempFolder folder;
  const fs::path file = folder.write("a", "12345");
  EXPECT_EQ(read_file(file, 5).value(), "12345");
  EXPECT_EQ(read_file(file, 4).error().problem, Problem::invalid_value);
}

TEST(File, ThatIsAbsentIsNotFound) {
  const testing::TempFolder folder;
  EXPECT_EQ(read_file(folder.path() / "absent", 10).error().problem, Problem::not_found);
  folder.write("a", "");
  EXPECT_EQ(read_file(folder.path() / "a" / "b", 10).error().problem, Problem::not_found);
}

TEST(File, AFifoOrAFolderIsRefusedWithoutWaiting) {
  const testing::TempFolder folder;
  const fs::path fifo = folder.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(read_file(fifo, 10).error().problem, Problem::invalid_value);
  EXPECT_EQ(read_file(folder.path(), 10).error().problem, Problem::invalid_value);
  EXPECT_EQ(read_file("/dev/zero", 10).error().problem, Problem::invalid_value);
}

TEST(File, IsReplacedWholeAndForItsOwnerOnly) {
  const testing::TempFolder folder;
  const fs::path file = folder.write("a", "old and long");
  fs::permissions(file, fs::perms::all);
  ASSERT_TRUE(replace_file(file, "new"));
  EXPECT_EQ(read_file(file, 100).value(), "new");
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(File, AFailedReplacementLeavesNothingBehind) {
  const testing::TempFolder folder;
  folder.write("taken/inside", "");
  EXPECT_EQ(replace_file(folder.path() / "taken", "x").error().problem, Problem::store_unavailable);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
  EXPECT_FALSE(replace_file(folder.path() / "absent" / "a", "x"));
}

std::string text_of(const fs::path& file) { return read_file(file, 100).value(); }

std::ptrdiff_t files_in(const fs::path& folder) { return std::distance(fs::directory_iterator(folder), {}); }

TEST(WrittenFile, IsReplacedAndThePreviousStaysBesideIt) {
  const testing::TempFolder folder;
  const fs::path file = folder.write("a", "first");
  ASSERT_TRUE(replace_durably(file, "second"));
  ASSERT_TRUE(replace_durably(file, "third"));
  EXPECT_EQ(text_of(file), "third");
  EXPECT_EQ(text_of(folder.path() / "a~"), "second");
  EXPECT_EQ(files_in(folder.path()), 2);
}

TEST(WrittenFile, KeepsItsModeAlsoBesideIt) {
  const testing::TempFolder folder;
  const fs::path file = folder.write("a", "first");
  const auto mode = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read;
  fs::permissions(file, mode);
  ASSERT_TRUE(replace_durably(file, "second"));
  EXPECT_EQ(fs::status(file).permissions(), mode);
  EXPECT_EQ(fs::status(folder.path() / "a~").permissions(), mode);
}

TEST(WrittenFile, IsMadeForItsOwnerOnlyWithItsFolders) {
  const testing::TempFolder folder;
  const fs::path file = folder.path() / "x" / "y" / "a";
  ASSERT_TRUE(replace_durably(file, "first"));
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(folder.path() / "x").permissions(), fs::perms::owner_all);
  EXPECT_EQ(files_in(file.parent_path()), 1);
}

TEST(WrittenFile, BehindASymbolicLinkIsReplacedThere) {
  const testing::TempFolder folder;
  const fs::path file = folder.write("dotfiles/a", "first");
  fs::create_symlink("dotfiles/a", folder.path() / "link");
  ASSERT_TRUE(replace_durably(folder.path() / "link", "second"));
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_EQ(text_of(file), "second");
  fs::remove(file);
  ASSERT_TRUE(replace_durably(folder.path() / "link", "third"));
  EXPECT_EQ(text_of(file), "third");
}

TEST(WrittenFile, IsAsItWasWhenThePreviousCannotBeKept) {
  const testing::TempFolder folder;
  const fs::path file = folder.write("a", "first");
  folder.write("a~/inside", "");
  EXPECT_EQ(replace_durably(file, "second").error().problem, Problem::store_unavailable);
  EXPECT_EQ(text_of(file), "first");
  EXPECT_EQ(files_in(folder.path()), 2);
}

TEST(WrittenFile, BelowSomethingThatIsNoFolderIsRefused) {
  EXPECT_EQ(replace_durably("/dev/null/a", "x").error().problem, Problem::store_unavailable);
}

}  // namespace
}  // namespace portd
