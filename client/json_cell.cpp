#include "client/json_cell.hpp"

namespace portd::client {

std::string json_cell(const Json& object, const char* field) {
  if (!object.is_object()) return "";
  const auto found = object.find(field);
  if (found == object.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : dump_json(*found);
}

}  // namespace portd::client
