#include "daemon/platform/linux/proc_origin.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/platform/children.hpp"
#include "tests/support/temp_folder.hpp"

namespace portd::platform {
namespace {

Origin origin_of_pid(pid_t pid) {
  const auto folder = ProcFolder::open(pid);
  return origin_of(folder.value(), folder->stat().value());
}

// A child that has done its work by the time it is looked at.
class ReadyChild {
 public:
  explicit ReadyChild(const std::function<void()>& work)
      : child_([this, &work] {
          work();
          [[maybe_unused]] const auto written = ::write(ends_.writer, "x", 1);
        }) {
    char byte = 0;
    [[maybe_unused]] const auto got = ::read(ends_.reader, &byte, 1);
  }
  pid_t pid() const { return child_.pid(); }

 private:
  struct Pipe {
    int reader = -1;
    int writer = -1;
    Pipe() {
      std::array<int, 2> both{};
      if (::pipe(both.data()) == 0) reader = both[0], writer = both[1];
    }
    Pipe(const Pipe&) = delete;
    ~Pipe() {
      ::close(reader);
      ::close(writer);
    }
  };
  Pipe ends_;
  test::Child child_;
};

TEST(ProcOrigin, AChildIsStartedByUs) {
  const test::Child child;
  const Origin origin = origin_of_pid(child.pid());
  ASSERT_FALSE(origin.started_by.empty());
  EXPECT_EQ(origin.started_by[0].pid, ::getpid());
  EXPECT_NE(origin.started_by[0].command.find("_test"), std::string::npos);
  EXPECT_LE(origin.started_by.size(), 16U);
}

TEST(ProcOrigin, TheLeaderOfTheSessionIsTheLast) {
  const pid_t session = ::getsid(0);
  const test::Child child;
  for (const Ancestor& each : origin_of_pid(child.pid()).started_by) {
    EXPECT_NE(each.pid, 1);
    if (each.pid == session) {
      EXPECT_EQ(origin_of_pid(child.pid()).started_by.back().pid, session);
    }
  }
  const std::string said = test::in_child([] {
    ::setsid();
    const test::Child below([] {});
    const auto chain = origin_of_pid(below.pid()).started_by;
    return std::to_string(chain.size()) + (chain[0].pid == ::getpid() ? " us" : " other");
  });
  EXPECT_EQ(said, "1 us");
}

TEST(ProcOrigin, TheBranchIsThatOfItsFolder) {
  const testing::TempFolder folder;
  folder.write(".git/HEAD", "ref: refs/heads/feature-x\n");
  folder.write("src/x", "");
  const ReadyChild child([&] { [[maybe_unused]] const int went = ::chdir((folder.path() / "src").c_str()); });
  EXPECT_EQ(origin_of_pid(child.pid()).branch, "feature-x");
}

TEST(ProcOrigin, AFileSystemIsThatOfTheNearestMount) {
  constexpr const char* mounts =
      "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
      "30 22 0:40 / /home/me/far rw shared:5 master:2 - nfs4 server:/x rw\n"
      "31 22 0:41 / /home/me/a\\040b rw - fuse.sshfs me@there: rw\n"
      "32 22 0:42 / /mnt rw - ext4 /dev/sdb rw\n"
      "33 22 0:43 / /mnt rw - tmpfs none rw\n";
  EXPECT_EQ(filesystem_of("/home/me/shop", mounts), "ext4");
  EXPECT_EQ(filesystem_of("/home/me/far", mounts), "nfs4");
  EXPECT_EQ(filesystem_of("/home/me/far/shop", mounts), "nfs4");
  EXPECT_EQ(filesystem_of("/home/me/farther", mounts), "ext4");
  EXPECT_EQ(filesystem_of("/home/me/a b/c", mounts), "fuse.sshfs");
  EXPECT_EQ(filesystem_of("/mnt/x", mounts), "tmpfs");
  EXPECT_EQ(filesystem_of("/", "nonsense\n\n - \n"), "");
}

TEST(ProcOrigin, UnitsAreThoseOfSystemd) {
  EXPECT_EQ(unit_in("0::/system.slice/postgresql.service\n"), "postgresql.service");
  EXPECT_EQ(unit_in("0::/system.slice/system-getty.slice/getty@tty1.service"), "getty@tty1.service");
  EXPECT_EQ(unit_in("0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service/workers\n"), "web.service");
  EXPECT_EQ(unit_in("5:cpu:/x.service\n1:name=systemd:/system.slice/a.service\n0::/system.slice/b.service\n"),
            "a.service");
}

TEST(ProcOrigin, SessionsContainersAndManagersAreNoUnits) {
  for (const char* cgroup :
       {"", "0::/", "0::/user.slice/user-1000.slice/session-2.scope\n",
        "0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", "0::/user.slice/user@1000.service\n",
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-1.scope\n",
        "0::/system.slice/docker-0123456789ab.scope\n", "4:memory:/a.service\n", "nonsense"}) {
    EXPECT_EQ(unit_in(cgroup), "") << cgroup;
  }
  EXPECT_EQ(unit_in("0::/a\033b.service"), "a?b.service");
}

TEST(ProcOrigin, AUnitIsKeptByTheSystemOrByTheUsersManager) {
  EXPECT_TRUE(
      is_below_user_manager("0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service/workers\n"));
  EXPECT_FALSE(is_below_user_manager("0::/system.slice/postgresql.service\n"));
  EXPECT_FALSE(is_below_user_manager("5:cpu:/user@0.service/x\n1:name=systemd:/system.slice/a.service\n"));
  EXPECT_FALSE(is_below_user_manager(""));
}

TEST(ProcOrigin, TerminalsAreNamed) {
  EXPECT_EQ(terminal_name(0), "");
  EXPECT_EQ(terminal_name(136U << 8U | 3U), "pts/3");
  EXPECT_EQ(terminal_name(136U << 8U | 1U | 1U << 20U), "pts/257");
  EXPECT_EQ(terminal_name(137U << 8U), "pts/256");
  EXPECT_EQ(terminal_name(4U << 8U | 1U), "tty1");
  EXPECT_EQ(terminal_name(4U << 8U | 65U), "ttyS1");
  EXPECT_EQ(terminal_name(5U << 8U | 1U), "");
}

}  // namespace
}  // namespace portd::platform
