#include "daemon/store/history_migrations.hpp"

#include <array>

namespace portd::store {
namespace {

// Times are milliseconds after 1970 in UTC.
constexpr std::string_view create_changes = R"sql(
CREATE TABLE changes (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  revision TEXT NOT NULL,
  reason TEXT NOT NULL,
  port INTEGER NOT NULL,
  project TEXT NOT NULL,
  service TEXT NOT NULL,
  instance TEXT NOT NULL,
  role TEXT NOT NULL,
  pid INTEGER,
  command TEXT,
  cwd TEXT NOT NULL
) STRICT;
CREATE INDEX changes_of_port ON changes (port, at);
CREATE INDEX changes_of_service ON changes (service, at);
)sql";

// What was recorded as changes becomes intervals; the last one of each key ends with the last change that is known.
constexpr std::string_view changes_to_intervals = R"sql(
CREATE TABLE intervals (
  id INTEGER PRIMARY KEY,
  port INTEGER NOT NULL,
  protocol TEXT NOT NULL,
  began_at INTEGER NOT NULL,
  ended_at INTEGER,  -- NULL: still; not in the interval itself
  what TEXT NOT NULL,
  verdict TEXT,
  project TEXT,  -- NULL: of a listener that is no lease's; so are the rest of the key and the lease
  service TEXT,
  instance TEXT,
  role TEXT,
  lease TEXT,
  pid INTEGER,
  command TEXT,
  cwd TEXT,
  user TEXT,
  began TEXT NOT NULL,
  ended TEXT
) STRICT;
CREATE TABLE open (  -- those that have not ended, by what tells them from others
  identity TEXT PRIMARY KEY,
  interval INTEGER NOT NULL,
  unseen INTEGER NOT NULL DEFAULT 0  -- 1: closed by a census, and opened again when it is found within a minute
) STRICT, WITHOUT ROWID;
CREATE TABLE life (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seen_at INTEGER NOT NULL  -- the last moment at which portd is known to have looked
) STRICT;
INSERT INTO life VALUES (1, 0);
INSERT INTO intervals (port, protocol, began_at, ended_at, what, project, service, instance, role, pid, command, cwd,
                       began, ended)
  SELECT port, 'tcp', at, coalesce(next_at, (SELECT max(at) FROM changes)), 'lease', project, service, instance, role,
         pid, command, cwd, reason, coalesce(next_reason, 'unseen')
  FROM (SELECT *, lead(at) OVER of_key AS next_at, lead(reason) OVER of_key AS next_reason FROM changes
        WINDOW of_key AS (PARTITION BY project, service, instance, role ORDER BY id))
  WHERE reason IN ('granted', 'moved', 'changed')
  ORDER BY id;
DROP TABLE changes;
CREATE INDEX intervals_of_port ON intervals (port, began_at);
CREATE INDEX intervals_by_time ON intervals (began_at);
CREATE INDEX ended_intervals ON intervals (ended_at) WHERE ended_at IS NOT NULL;
)sql";

// A row a level (the length of what it sums up, in ms) and beginning.
constexpr std::string_view create_samples = R"sql(
CREATE TABLE samples (
  level INTEGER NOT NULL,
  at INTEGER NOT NULL,
  grants INTEGER NOT NULL,
  releases INTEGER NOT NULL,
  expired INTEGER NOT NULL,
  moves INTEGER NOT NULL,
  conflicts INTEGER NOT NULL,
  leased INTEGER NOT NULL,
  listening INTEGER NOT NULL,
  foreign_ports INTEGER NOT NULL,
  PRIMARY KEY (level, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE service_samples (
  level INTEGER NOT NULL,
  at INTEGER NOT NULL,
  project TEXT NOT NULL,
  service TEXT NOT NULL,
  instance TEXT NOT NULL,
  checks INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  watched_ms INTEGER NOT NULL,
  up_ms INTEGER NOT NULL,
  latency_sum_us INTEGER NOT NULL,
  latency_max_us INTEGER NOT NULL,
  latencies TEXT NOT NULL,  -- "place:count ...", see core/latencies.hpp
  PRIMARY KEY (level, at, project, service, instance)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array migrations_of_history{create_changes, changes_to_intervals, create_samples};

}  // namespace

std::span<const std::string_view> history_migrations() { return migrations_of_history; }

}  // namespace portd::store
