#include <gtest/gtest.h>
#include <unistd.h>

#include "common/paths.hpp"
#include "tests/support/temp_folder.hpp"

namespace portd {
namespace {

namespace fs = std::filesystem;

class EndpointFile : public ::testing::Test {
 protected:
  EndpointFile() {
    fs::create_directory(paths_.state);
    fs::create_directory(paths_.runtime);
  }

  testing::TempFolder folder_;
  Paths paths_{folder_.path() / "state", folder_.path() / "runtime"};
  Endpoint endpoint_{"http://127.0.0.1:7700", "/run/portd.sock", ::getpid()};
};

TEST_F(EndpointFile, IsReadBackAsItWasWritten) {
  ASSERT_TRUE(write_endpoint(paths_, endpoint_));
  const Endpoint read = read_endpoint(paths_).value();
  EXPECT_EQ(read.url, endpoint_.url);
  EXPECT_EQ(read.socket, endpoint_.socket);
  EXPECT_EQ(read.pid, endpoint_.pid);
}

TEST_F(EndpointFile, LiesInBothFoldersForTheOwnerOnly) {
  ASSERT_TRUE(write_endpoint(paths_, endpoint_));
  for (const fs::path& folder : {paths_.runtime, paths_.state}) {
    EXPECT_EQ(fs::status(folder / "endpoint.json").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }
}

TEST_F(EndpointFile, IsFoundInTheStateFolderWhenTheRuntimeFolderHasNone) {
  ASSERT_TRUE(write_endpoint(paths_, endpoint_));
  fs::remove(endpoint_file(paths_.runtime));
  EXPECT_TRUE(read_endpoint(paths_));
  fs::remove(endpoint_file(paths_.state));
  EXPECT_EQ(read_endpoint(paths_).error().problem, Problem::not_found);
}

TEST_F(EndpointFile, IsPassedOverWhenItIsDamaged) {
  ASSERT_TRUE(write_endpoint(paths_, endpoint_));
  folder_.write("runtime/endpoint.json", "{\"url\": 1");
  EXPECT_EQ(read_endpoint(paths_).value().url, endpoint_.url);
}

TEST_F(EndpointFile, OneFolderSufficesToBeWritten) {
  fs::remove(paths_.state);
  EXPECT_TRUE(write_endpoint(paths_, endpoint_));
  EXPECT_TRUE(read_endpoint(paths_));
  fs::remove_all(paths_.runtime);
  EXPECT_EQ(write_endpoint(paths_, endpoint_).error().problem, Problem::store_unavailable);
}

TEST_F(EndpointFile, OfThisProcessIsRemovedAndAnothersIsLeft) {
  ASSERT_TRUE(write_endpoint(paths_, endpoint_));
  remove_endpoint(paths_);
  EXPECT_FALSE(read_endpoint(paths_));
  endpoint_.pid = ::getppid();
  ASSERT_TRUE(write_endpoint(paths_, endpoint_));
  remove_endpoint(paths_);
  EXPECT_TRUE(read_endpoint(paths_));
}

}  // namespace
}  // namespace portd
