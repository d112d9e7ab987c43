// Any bytes as the body of a request: read or refused, and what was read means the same written again.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "common/lease_json.hpp"
#include "common/service_json.hpp"

using namespace portd;

namespace {

template <class T>
void read_write_read(const Json& json, Result<T> (*read)(const Json&)) {
  const auto request = read(json);
  if (!request) {
    if (!request.error().detail.empty()) return;
    std::cerr << "a refusal does not tell why\n";
    std::abort();
  }
  const Json written = to_json(*request);
  const auto again = read(written);
  if (again && to_json(*again) == written) return;
  std::cerr << "written and read it is another: " << dump_json(written) << "\n";
  std::abort();
}

Result<Declaration> declaration(const Json& json) { return declaration_from_json(json, {"acme", "shop", "main"}); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = parse_json({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  dump_json(*json);
  read_write_read(*json, grant_request_from_json);
  read_write_read(*json, lease_patch_from_json);
  read_write_read(*json, declaration);
  read_write_read(*json, heartbeat_from_json);
  read_write_read(*json, maintenance_from_json);
  return 0;
}
