#pragma once

#include <string>

#include "common/json.hpp"
#include "common/lease.hpp"

// The wire forms of section 5 of the design, for both sides. Readers refuse unknown fields (422) and
// name the field that is wrong.
namespace portd {

Json to_json(const Lease& lease);
Json to_json(const Listener& listener);
Json to_json(const PortReport& report);
Json to_json(const GrantRequest& request);
Json to_json(const LeasePatch& patch);

// {"leases": [...], "revision": "..."}
Json to_json(const std::vector<Lease>& leases, const Revision& revision);
Json to_json(const PortsReport& report);  // the same, and "foreign"

Result<GrantRequest> grant_request_from_json(const Json& json);
Result<LeasePatch> lease_patch_from_json(const Json& json);

// For the client. Fields that a newer portd adds are passed over.
Result<Lease> lease_from_json(const Json& json);
Result<PortReport> port_report_from_json(const Json& json);
Result<PortsReport> ports_report_from_json(const Json& json);

// RFC 9457 problem details.
Json to_json(const Error& error);
Result<Error> error_from_json(const Json& json);

}  // namespace portd
