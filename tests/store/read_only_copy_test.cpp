#include "daemon/store/read_only_copy.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/store/store_fixture.hpp"

namespace portd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

// File modes do not bind root: such a test runs as nobody.
class OrdinaryUser {
 public:
  OrdinaryUser() : before_(::geteuid()) {
    if (before_ == 0) changed_ = ::seteuid(65534) == 0;
  }
  ~OrdinaryUser() {
    if (changed_ && ::seteuid(before_) != 0) ADD_FAILURE() << "cannot become root again";
  }
  OrdinaryUser(const OrdinaryUser&) = delete;

 private:
  uid_t before_;
  bool changed_ = false;
};

class ReadOnlyTest : public StoreTest {
 protected:
  ~ReadOnlyTest() override {
    if (!state_.empty()) fs::permissions(state_, fs::perms::owner_all);
  }

  // A state folder as a crash left it, with a WAL, in which nothing can be written.
  void make_read_only() {
    open();
    grant_durably(20001, "shop");
    const Paths crashed = snapshot("crashed");
    state_ = crashed.state;
    fs::permissions(folder_, fs::perms{0755});
    fs::permissions(paths_.runtime, fs::perms::all);
    for (const auto& entry : fs::directory_iterator(state_)) {
      if (entry.is_regular_file()) fs::permissions(entry.path(), fs::perms{0444});
    }
    fs::permissions(state_, fs::perms{0555});
    read_only_ = crashed;
  }

  Paths read_only_;
  fs::path state_;
};

TEST_F(ReadOnlyTest, LeasesAreServedWithTheWalAndNothingCanChange) {
  make_read_only();
  const OrdinaryUser user;
  open(read_only_);
  EXPECT_EQ(store_->status().condition, store::Condition::read_only);
  EXPECT_THAT(services(contents_.leases), ElementsAre("shop"));
  const auto writable = store_->writable();
  ASSERT_FALSE(writable);
  EXPECT_EQ(writable.error().problem, Problem::store_unavailable);
  EXPECT_THAT(writable.error().detail, HasSubstr("start portd again"));
  bool answered = false;
  store_->when_durable(store_->newest(), [&](const auto& error) { answered = !error; });
  EXPECT_TRUE(answered);
}

TEST_F(ReadOnlyTest, TheCopyIsGoneOnceItIsRead) {
  make_read_only();
  const OrdinaryUser user;
  open(read_only_);
  EXPECT_TRUE(fs::is_empty(paths_.runtime));
}

TEST_F(ReadOnlyTest, AChangeDecidedAllTheSameIsUndone) {
  make_read_only();
  const OrdinaryUser user;
  open(read_only_);
  grant(20002, "dead holder");
  const auto answer = settle();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->problem, Problem::store_unavailable);
  EXPECT_THAT(undone_, SizeIs(1));
}

TEST_F(ReadOnlyTest, WithoutADatabaseTheStartFails) {
  make_read_only();
  fs::permissions(state_, fs::perms::owner_all);
  fs::remove(read_only_.database());
  fs::permissions(state_, fs::perms{0555});
  const OrdinaryUser user;
  EXPECT_THROW(open(read_only_), store::StoreError);
}

}  // namespace
}  // namespace portd::test
