// Registrations on disk: what comes back after a restart.
#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>

#include "common/service_json.hpp"
#include "tests/store/store_fixture.hpp"

namespace portd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RegistrationTest : public StoreTest {
 protected:
  Registration registration(const std::string& service) {
    Registration registration{{"acme", service, "feature-x"}, {}};
    registration.revision = store_->next_revision();
    registration.registered_at = registration.updated_at = TimePoint{Millis{1'700'000'000'123}};
    return registration;
  }
  void append(std::optional<Registration> before, std::optional<Registration> after) {
    const Revision revision = after ? after->revision : store_->next_revision();
    store_->append({core::ServiceChange{revision, {}, std::move(before), std::move(after)}});
    ASSERT_FALSE(settle());
  }
  void restart() {
    stop();
    open();
  }
};

TEST_F(RegistrationTest, EverythingThatWasDeclaredComesBack) {
  open();
  Registration web = registration("web");
  const auto json = parse_json(R"({
    "port": 5432, "host": "127.0.0.1", "tags": ["beta"], "metadata": {"owner": "me", "note": "two\nlines"},
    "depends_on": [{"service": "api", "condition": "healthy", "required": false}],
    "checks": [{"type": "http", "path": "/up?x=1", "expect_status": [200, 204], "expect_body": "ok", "interval": "5s",
                "failures": 5},
               {"type": "http", "url": "http://[::1]:8080/"}, {"type": "tcp", "start_period": "0s"},
               {"type": "ttl", "ttl": "1m"}]})");
  web.declaration = declaration_from_json(*json, web.key).value();
  web.leased = false;
  web.ends_with_holder = true;
  web.role = "debug";
  web.maintenance = true;
  web.maintenance_reason = "moving house";
  append({}, web);
  restart();
  EXPECT_THAT(contents_.registrations, ElementsAre(web));
}

// As the portd before `ends_with_holder` wrote it. Never edit: such files are out there.
constexpr const char* version_2_registrations = R"sql(
ALTER TABLE leases DROP COLUMN container;
DROP TABLE registrations;
CREATE TABLE registrations (
  project TEXT NOT NULL, service TEXT NOT NULL, instance TEXT NOT NULL, role TEXT NOT NULL, leased INTEGER NOT NULL,
  declaration TEXT NOT NULL, maintenance INTEGER NOT NULL, maintenance_reason TEXT NOT NULL,
  registered_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, epoch INTEGER NOT NULL, revision INTEGER NOT NULL,
  PRIMARY KEY (project, service, instance)) STRICT, WITHOUT ROWID;
INSERT INTO registrations VALUES ('acme', 'web', 'main', 'debug', 1, '{"tags": ["beta"]}', 0, '', 1000, 2000, 7, 9);
PRAGMA user_version = 2;
)sql";

TEST_F(RegistrationTest, OneOfVersion2OutlivesItsHolder) {
  open();
  stop();
  store_.reset();
  SQLite::Database(paths_.database(), SQLite::OPEN_READWRITE).exec(version_2_registrations);
  open();
  Registration web{{"acme", "web", "main"}, {}, "debug"};
  web.declaration.tags = {"beta"};
  web.registered_at = TimePoint{Millis{1000}};
  web.updated_at = TimePoint{Millis{2000}};
  web.revision = {7, 9};
  EXPECT_FALSE(web.ends_with_holder);
  EXPECT_THAT(contents_.registrations, ElementsAre(web));
}

TEST_F(RegistrationTest, AChangeReplacesAndADeregistrationErases) {
  open();
  const Registration first = registration("web");
  append({}, first);
  Registration second = first;
  second.declaration.tags = {"beta"};
  second.revision = store_->next_revision();
  append(first, second);
  restart();
  EXPECT_THAT(contents_.registrations, ElementsAre(second));
  append(second, {});
  restart();
  EXPECT_THAT(contents_.registrations, IsEmpty());
}

TEST_F(RegistrationTest, ABackupHoldsTheRegistrationsToo) {
  open();
  const Registration web = registration("web");
  append({}, web);
  stop();
  ASSERT_FALSE(backups().empty());
  std::filesystem::resize_file(paths_.database(), 0);
  store_.reset();
  open();
  EXPECT_THAT(contents_.registrations, ElementsAre(web));
}

}  // namespace
}  // namespace portd::test
