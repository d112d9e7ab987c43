#pragma once

#include <vector>

#include "common/json.hpp"
#include "common/service.hpp"

// The wire forms of the services of section 5 of the design, for both sides. Readers refuse unknown fields (422) and
// name the field that is wrong.
namespace portd {

Json to_json(const Check& check);  // as it was stated: the defaults are left out
Json to_json(const CheckReport& report);
Json to_json(const Dependency& dependency);
Json to_json(const Instance& instance);
Json to_json(const Declaration& declaration);
Json to_json(const Heartbeat& heartbeat);
Json to_json(const MaintenanceOrder& order);
Json to_json(const ServiceGraph::Node& node);
Json to_json(const ServiceGraph::Edge& edge);
Json to_json(const ServiceGraph& graph, const Revision& revision);

// {"services": [...], "revision"}
Json services_json(const std::vector<Instance>& instances, const Revision& revision);
// {"service", "project", "instances": [...], "revision"}
Json service_json(const InstanceKey& service, const std::vector<Instance>& instances, const Revision& revision);

// `self`: the instance that declares it; what a dependency leaves out is the same there. Error: invalid_value, or
// command_not_allowed for a check of type command.
Result<Declaration> declaration_from_json(const Json& json, const InstanceKey& self);
Result<Heartbeat> heartbeat_from_json(const Json& json);
Result<MaintenanceOrder> maintenance_from_json(const Json& json);

// For the client. Fields that a newer portd adds are passed over.
Result<Instance> instance_from_json(const Json& json);
// Of "services" or "instances".
Result<std::vector<Instance>> instances_from_json(const Json& json);
Result<ServiceGraph> graph_from_json(const Json& json);

}  // namespace portd
