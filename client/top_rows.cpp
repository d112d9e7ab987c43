#include "client/top_rows.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "client/contested_ports.hpp"
#include "client/key_options.hpp"
#include "client/occupant.hpp"

namespace portd::client {
namespace {

constexpr std::array<std::string_view, 5> order_names{"name", "port", "state", "status", "latency"};

// The slowest of its checks.
std::optional<std::chrono::microseconds> latency_of(const Instance& instance) {
  std::optional<std::chrono::microseconds> slowest;
  for (const CheckReport& report : instance.checks) slowest = std::max(slowest, report.latency);
  return slowest;
}

void put_service(TopRow& row, const Instance& instance) {
  row.status = to_text(instance.status);
  row.latency = latency_of(instance);
}

std::string service_name(const InstanceKey& key, const std::string& role, const std::string& project) {
  return name_here(Key{key.project, key.service, "main", role}, project);
}

TopRow row_of(const Lease& lease, const std::string& project) {
  TopRow row;
  row.service = service_name(instance_of(lease.key), lease.key.role, project);
  row.instance = lease.key.instance;
  row.port = lease.port;
  row.state = to_text(lease.state);
  if (!lease.holder) return row;
  row.pid = lease.holder->id.pid;
  row.command = lease.holder->command;
  return row;
}

TopRow row_of(const Instance& instance, const std::string& project) {
  TopRow row;
  row.service = service_name(instance.key, Key{}.role, project);
  row.instance = instance.key.instance;
  row.port = instance.port;
  put_service(row, instance);
  return row;
}

void put_occupant(TopRow& row, const Occupant& occupant) {
  const auto& process = occupant.listener.process;
  row.pid.reset();
  if (process) row.pid = process->id.pid;
  const bool plain = process && occupant.kind == Occupant::Kind::own;
  row.command = plain ? process->command : name_of(occupant);
}

TopRow row_of(const Occupant& occupant, const PortReport& report) {
  TopRow row;
  row.port = report.port;
  row.state = to_text(report.verdict);
  put_occupant(row, occupant);
  return row;
}

// Of a contested lease whoever is on its port in its service's place, each in a row.
void add_lease_row(std::vector<TopRow>& rows, const TopRow& row, const TopSnapshot& snapshot) {
  const auto intruders = intruders_on(row.port, snapshot.contested, snapshot.view);
  if (intruders.empty()) rows.push_back(row);
  for (const Occupant& each : intruders) {
    rows.push_back(row);
    put_occupant(rows.back(), each);
  }
}

void add_named(std::vector<TopRow>& rows, const TopSnapshot& snapshot) {
  std::set<InstanceKey> on_leases;
  for (const Lease& lease : snapshot.leases) {
    TopRow row = row_of(lease, snapshot.project);
    const InstanceKey key = instance_of(lease.key);
    const auto service = std::ranges::find_if(
        snapshot.services, [&](const Instance& each) { return each.key == key && each.port == lease.port; });
    if (service != snapshot.services.end()) {
      put_service(row, *service);
      on_leases.insert(key);
    }
    add_lease_row(rows, row, snapshot);
  }
  for (const Instance& instance : snapshot.services) {
    if (!on_leases.contains(instance.key)) rows.push_back(row_of(instance, snapshot.project));
  }
}

void add_foreign(std::vector<TopRow>& rows, const TopSnapshot& snapshot) {
  for (const PortReport& report : snapshot.foreign) {
    for (const Occupant& occupant : occupants_of(report, snapshot.view)) rows.push_back(row_of(occupant, report));
  }
}

// Worse ones first.
int rank_of_state(const std::string& state) {
  constexpr std::array<std::string_view, 4> worst_first{"contested", "foreign", "listening", "reserved"};
  return static_cast<int>(std::ranges::find(worst_first, state) - worst_first.begin());
}

int rank_of_status(const std::string& status) {
  constexpr std::array<std::string_view, 5> worst_first{"critical", "starting", "warning", "maintenance", "passing"};
  return static_cast<int>(std::ranges::find(worst_first, status) - worst_first.begin());
}

// What decides between rows of the same rank: those with a name first.
auto by_name(const TopRow& row) {
  return std::tuple(row.service.empty(), row.service, row.instance, row.port.number(), row.pid.value_or(0));
}

// The lowest first.
std::int64_t rank_of(const TopRow& row, TopOrder order) {
  switch (order) {
    case TopOrder::name:
      return 0;
    case TopOrder::port:
      return row.port.number();
    case TopOrder::state:
      return rank_of_state(row.state);
    case TopOrder::status:
      return rank_of_status(row.status);
    case TopOrder::latency:
      return row.latency ? -row.latency->count() : 1;
  }
  return 0;
}

}  // namespace

std::string_view name_of(TopOrder order) { return order_names.at(static_cast<std::size_t>(order)); }

TopOrder next_order(TopOrder order) {
  return static_cast<TopOrder>((static_cast<std::size_t>(order) + 1) % order_names.size());
}

std::vector<TopRow> top_rows(const TopSnapshot& snapshot, TopOrder order, bool foreign) {
  std::vector<TopRow> rows;
  add_named(rows, snapshot);
  if (foreign) add_foreign(rows, snapshot);
  std::ranges::sort(rows, [order](const TopRow& a, const TopRow& b) {
    return std::tuple(rank_of(a, order), by_name(a)) < std::tuple(rank_of(b, order), by_name(b));
  });
  return rows;
}

}  // namespace portd::client
