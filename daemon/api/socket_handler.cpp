// POST /ports/{port}/socket.
#include <array>

#include "common/field_reader.hpp"
#include "daemon/api/durable.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/query.hpp"

namespace portd::api {
namespace {

constexpr std::array<std::string_view, 1> socket_fields{"address"};

Error only_local(const Request& request) {
  const std::string where = request.unix_path.empty() ? "it" : std::string(request.unix_path);
  return {Problem::invalid_value,
          "a socket is handed over the unix socket only, and this is TCP; send the same request to " + where};
}

Result<ListenAddress> address_from(const Request& request) {
  const auto json = parse_json(request.body);
  if (!json) return json.error();
  FieldReader reader("a handover", *json);
  reader.only(socket_fields);
  ListenAddress address;
  if (const auto text = reader.text("address")) {
    auto parsed = ListenAddress::parse(*text);
    if (parsed) {
      address = std::move(*parsed);
    } else {
      reader.refuse("address", parsed.error());
    }
  }
  if (reader.error()) return *reader.error();
  return address;
}

Response handed_over(core::Handover handover, Port port, const ListenAddress& address) {
  const Lease& lease = handover.lease;
  Response response = json_response(
      200, {{"port", port.number()}, {"address", address.text()}, {"url", lease.url()}, {"lease", lease.id}});
  response.descriptor = std::move(handover.socket);
  return response;
}

}  // namespace

Task<Response> hand_over_port(Call& call) {
  const auto port = Port::parse(call.path_values[0]);
  if (!port) co_return problem_response(port.error());
  if (!call.request.local) co_return problem_response(only_local(call.request));
  const auto expected = expected_lease_from(call.request.query);
  if (!expected) co_return problem_response(expected.error());
  const auto address = address_from(call.request);
  if (!address) co_return problem_response(address.error());
  auto handover = call.context.leases.hand_over(*port, *expected, *address, call.context.now());
  if (!handover && !tells_of_a_lease(handover.error())) co_return problem_response(handover.error());
  const auto lost = co_await durable(call.context.journal, call.context.journal.newest());
  if (lost) co_return problem_response(*lost);
  co_return handover ? handed_over(std::move(*handover), *port, *address) : problem_response(handover.error());
}

}  // namespace portd::api
