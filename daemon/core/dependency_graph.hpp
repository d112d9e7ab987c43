#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/service.hpp"

// What stands or falls with what: functions of who depends on whom.
namespace portd::core {

using Dependencies = std::map<InstanceKey, std::vector<Dependency>>;  // of each registered instance

// The cycle that would be closed if `self` depended on these, from one of them round to itself: "web, api, db, web"
// when db is to depend on web. Empty when there is none.
std::vector<InstanceKey> cycle_with(const Dependencies& registered, const InstanceKey& self,
                                    const std::vector<Dependency>& depends_on);

// "web → api → db → web"
std::string arrows(const std::vector<InstanceKey>& path);

// Every instance that is registered or depended on, dependencies first; else in order of their keys.
std::vector<InstanceKey> start_order(const Dependencies& registered);

// For each registered instance that needs critical ones: the roots among them, which need no critical one themselves.
// `critical`: those that are.
std::map<InstanceKey, std::vector<InstanceKey>> affected_by(const Dependencies& registered,
                                                            const std::vector<InstanceKey>& critical);

}  // namespace portd::core
