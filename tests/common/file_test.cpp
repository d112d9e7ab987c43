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

}  // namespace
}  // namespace portd
