#include "daemon/store/migrations.hpp"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>

#include <array>

#include "tests/store/store_fixture.hpp"

namespace portd::test {
namespace {

// As the first portd wrote it. Never edit: such files are out there.
constexpr const char* version_1 = R"sql(
CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, revision_limit INTEGER NOT NULL)
  STRICT;
CREATE TABLE leases (
  port INTEGER PRIMARY KEY, id TEXT NOT NULL, epoch INTEGER NOT NULL, revision INTEGER NOT NULL,
  project TEXT NOT NULL, service TEXT NOT NULL, instance TEXT NOT NULL, role TEXT NOT NULL, protocol TEXT NOT NULL,
  kind TEXT NOT NULL, hold TEXT NOT NULL, cwd TEXT NOT NULL, ttl_ms INTEGER, created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL, holder_pid INTEGER, holder_boot_id TEXT,
  holder_start_ticks INTEGER, holder_command TEXT, holder_cwd TEXT, holder_started_at INTEGER) STRICT;
CREATE TABLE remembered (key TEXT PRIMARY KEY, port INTEGER NOT NULL, released_at INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES (1, 305419896, 1000000);
INSERT INTO leases VALUES (20100, '12345678-7', 305419896, 9, 'acme', 'shop', 'main', 'http', 'tcp', 'ttl', 'open',
  '/srv', 30000, 1000, 2000, 3000, 42, 'boot', 99, 'flask run', '/srv/app', 900);
INSERT INTO remembered VALUES ('acme/db:postgres', 20200, 4000);
PRAGMA user_version = 1;
)sql";

TEST_F(StoreTest, ADatabaseOfVersion1Opens) {
  std::filesystem::create_directory(paths_.state);
  SQLite::Database(paths_.database(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(version_1);

  EXPECT_EQ(open().status().condition, store::Condition::good);
  Lease expected;
  expected.id = "12345678-7";
  expected.port = Port(20100);
  expected.key = {"acme", "shop", "main", "http"};
  expected.kind = LeaseKind::ttl;
  expected.cwd = "/srv";
  expected.ttl = Millis{30'000};
  expected.holder = Holder{{"boot", 42, 99}, "flask run", "/srv/app", TimePoint{Millis{900}}};
  expected.created_at = TimePoint{Millis{1000}};
  expected.updated_at = TimePoint{Millis{2000}};
  expected.last_used_at = TimePoint{Millis{3000}};
  expected.revision = {0x12345678, 9};
  EXPECT_THAT(contents_.leases, ::testing::ElementsAre(expected));
  ASSERT_THAT(contents_.remembered, ::testing::SizeIs(1));
  EXPECT_EQ(contents_.remembered[0].key, (Key{"acme", "db", "main", "postgres"}));
  EXPECT_EQ(store_->next_revision(), (Revision{0x12345678, 1'000'001}));
}

TEST(Migrations, OnlyTheMissingOnesRun) {
  constexpr std::array<std::string_view, 2> two{"CREATE TABLE a (x)",
                                                "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2)"};
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE);
  store::migrate(database, std::span(two).first(1));
  EXPECT_EQ(store::schema_version(database), 1);
  store::migrate(database, two);
  store::migrate(database, two);
  EXPECT_EQ(store::schema_version(database), 2);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM a").getInt(), 1);
}

TEST(Migrations, AFailingOneLeavesTheVersionBeforeIt) {
  constexpr std::array<std::string_view, 2> two{"CREATE TABLE a (x)", "CREATE TABLE b (x); nonsense"};
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE);
  EXPECT_THROW(store::migrate(database, two), SQLite::Exception);
  EXPECT_EQ(store::schema_version(database), 1);
  EXPECT_FALSE(database.tableExists("b"));
}

}  // namespace
}  // namespace portd::test
