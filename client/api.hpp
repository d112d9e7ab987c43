#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/connection.hpp"
#include "common/alert.hpp"
#include "common/json.hpp"
#include "common/lease.hpp"
#include "common/service.hpp"

namespace portd::client {

// How long portd may take for an answer that it does not have to wait for.
inline constexpr Millis answer_time{15'000};

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

// What is leased on this machine, and what else listens.
struct MachinePorts {
  PortsReport report;
  Json json;
};

// The same of an instance.
struct ListedInstance {
  Instance instance;
  Json json;
};

struct InstanceList {
  std::vector<ListedInstance> instances;
  std::string revision;  // of the answer, for the next BlockingQuery
  Json json;
};

// Asks portd to answer once the result is another than at this revision (empty: than now), or when the time is up (at
// most 10 minutes).
struct BlockingQuery {
  Millis wait{0};
  std::string revision;
};

struct Registered {
  ListedInstance entry;
  bool created = false;
};

struct ServiceHealth {
  Status status = Status::starting;  // the worst of its instances
  std::vector<ListedInstance> instances;
  Json json;
};

struct FoundGraph {
  ServiceGraph graph;
  Json json;
};

struct AlertList {
  std::vector<Alert> alerts;
  Json json;  // the whole answer
};

// What portd is configured with, and the ETag under which that may be changed.
struct SeenConfiguration {
  Json json;
  std::string etag;
};

// portd's HTTP API as typed calls (DESIGN section 5). A problem that portd answers is a Failure with its exit code.
class Api {
 public:
  explicit Api(Connection connection) : connection_(std::move(connection)) {}

  // `request`: the body of POST /ports. `patience`: how long portd may take beyond the usual ("wait").
  Outcome<Granted> grant(const Json& request, Millis patience = Millis(0));
  Outcome<LeaseList> list(const LeaseFilter& filter);
  Outcome<FoundPort> find(Port port);
  // GET /ports?all=true
  Outcome<MachinePorts> all_ports(Millis time_limit = answer_time);
  // The lease of a key, if it has one.
  Outcome<std::optional<ListedLease>> find(const Key& key);
  // Exactly this lease; Failure: conflict when the port has another lease by now.
  Outcome<void> release(const Lease& lease);
  Outcome<Json> health();
  // A socket that listens on the lease's port (POST /ports/{port}/socket); only over the unix socket. Failures: usage
  // over TCP or where the system cannot; conflict when somebody else listens there.
  Outcome<Descriptor> take_socket(const Lease& lease, const std::string& address);

  // `declaration`: the body of PUT /services/{service}.
  Outcome<Registered> register_instance(const InstanceKey& key, const Json& declaration);
  // The lease stays. Failure: not_found.
  Outcome<void> deregister(const InstanceKey& key);
  // Of one service when the filter names it. Failure: not_found where portd says that nothing of it is registered.
  Outcome<InstanceList> instances(const InstanceFilter& filter, const std::optional<BlockingQuery>& block = {});
  // Of the service that the filter names. Failure: not_found.
  Outcome<ServiceHealth> health(const InstanceFilter& filter);
  Outcome<Json> maintain(const InstanceKey& key, const MaintenanceOrder& order);
  Outcome<FoundGraph> graph();
  Outcome<std::size_t> count_raised_alerts();

  // Those that are not resolved, then the newest that are.
  Outcome<AlertList> alerts();
  // The one alert as it is then. Failure: not_found, also once it is resolved.
  Outcome<AlertList> acknowledge(const std::string& id);

  // GET /history and GET /stats with a query as Query writes it. The first has "entries".
  Outcome<Json> history(const std::string& query);
  Outcome<Json> stats(const std::string& query);

  // GET /config, and PUT /config of what was seen under that ETag. Failure: conflict when it is another by now;
  // configuration when the content has errors.
  Outcome<SeenConfiguration> configuration();
  Outcome<SeenConfiguration> configure(const Json& change, const std::string& etag);

  // Begins GET /events with what came after the event `last_id`, with the next one when it is empty. From then on only
  // read_events() may be called: the next bytes of the stream. Failure: no_daemon when it ended or fell silent.
  Outcome<void> open_events(const std::string& last_id);
  Outcome<std::string> read_events();

  const Connection& connection() const { return connection_; }

 private:
  // The JSON of a 2xx answer (null when it has none), and its status.
  struct Answer {
    int status = 0;
    Json json;
  };
  Outcome<Answer> call(std::string_view method, const std::string& target, std::string_view body = "",
                       Millis patience = Millis(0));
  Outcome<Answer> answer_from(Outcome<HttpResponse> response) const;
  Outcome<SeenConfiguration> configuration_from(Outcome<HttpResponse> response) const;
  Failure not_portd(const std::string& why) const;
  Failure problem_of(const HttpResponse& response) const;

  Connection connection_;
};

}  // namespace portd::client
