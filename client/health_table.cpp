#include "client/health_table.hpp"

namespace portd::client {
namespace {

std::string cell(const Json& value) { return value.is_string() ? value.get<std::string>() : dump_json(value); }

}  // namespace

Table health_table(const Json& health) {
  Table table({"PORTD", "IS"});
  for (const auto& [name, value] : health.items()) {
    if (!value.is_object()) {
      table.add({name, cell(value)});
      continue;
    }
    for (const auto& [inner, inner_value] : value.items())
      table.add({std::string(name).append(".").append(inner), cell(inner_value)});
  }
  return table;
}

}  // namespace portd::client
