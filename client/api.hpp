#pragma once

#include <optional>
#include <vector>

#include "client/connection.hpp"
#include "common/json.hpp"
#include "common/lease.hpp"

namespace portd::client {

// A lease, and its JSON as portd sent it, so that --json shows fields that this portc does not know.
struct ListedLease {
  Lease lease;
  Json json;
};

struct LeaseList {
  std::vector<ListedLease> leases;
  Json json;  // the whole answer
};

struct Granted {
  std::vector<ListedLease> leases;
  bool created = false;  // any of them is new
  Json json;
};

struct FoundPort {
  PortReport report;
  Json json;
};

// portd's HTTP API as typed calls (DESIGN section 5). A problem that portd answers is a Failure with its exit code.
class Api {
 public:
  explicit Api(Connection connection) : connection_(std::move(connection)) {}

  // `request`: the body of POST /ports. `patience`: how long portd may take beyond the usual ("wait").
  Outcome<Granted> grant(const Json& request, Millis patience = Millis(0));
  Outcome<LeaseList> list(const LeaseFilter& filter);
  Outcome<FoundPort> find(Port port);
  // The lease of a key, if it has one.
  Outcome<std::optional<ListedLease>> find(const Key& key);
  // Exactly this lease; Failure: conflict when the port has another lease by now.
  Outcome<void> release(const Lease& lease);
  Outcome<Json> health();

  const Connection& connection() const { return connection_; }

 private:
  // The JSON of a 2xx answer (null when it has none), and its status.
  struct Answer {
    int status = 0;
    Json json;
  };
  Outcome<Answer> call(std::string_view method, const std::string& target, std::string_view body = "",
                       Millis patience = Millis(0));

  Connection connection_;
};

}  // namespace portd::client
