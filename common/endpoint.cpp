// The endpoint.json of paths.hpp.
#include <unistd.h>

#include "common/field_reader.hpp"
#include "common/file.hpp"
#include "common/paths.hpp"

namespace portd {
namespace {

constexpr std::size_t largest_file = 16'384;

Result<Endpoint> read_from(const std::filesystem::path& folder) {
  const auto content = read_file(endpoint_file(folder), largest_file);
  if (!content) return content.error();
  const auto json = parse_json(*content);
  if (!json) return json.error();
  FieldReader reader("endpoint.json", *json);
  Endpoint endpoint;
  endpoint.url = reader.required<std::string>("url", reader.text("url"), "");
  endpoint.socket = reader.required<std::string>("socket", reader.text("socket"), "");
  endpoint.pid = static_cast<int>(reader.required<std::int64_t>("pid", reader.integer("pid", 1, INT32_MAX), 0));
  if (reader.error()) return *reader.error();
  return endpoint;
}

}  // namespace

std::filesystem::path endpoint_file(const std::filesystem::path& folder) { return folder / "endpoint.json"; }

Result<Endpoint> read_endpoint(const Paths& paths) {
  if (auto endpoint = read_from(paths.runtime)) return endpoint;
  if (auto endpoint = read_from(paths.state)) return endpoint;
  return Error{Problem::not_found, "no endpoint.json in " + paths.runtime.string() + " or " + paths.state.string() +
                                       "; start portd with: portc daemon start"};
}

Result<void> write_endpoint(const Paths& paths, const Endpoint& endpoint) {
  const Json json{{"url", endpoint.url}, {"socket", endpoint.socket}, {"pid", endpoint.pid}};
  const std::string content = dump_json(json) + "\n";
  const auto in_runtime = replace_file(endpoint_file(paths.runtime), content);
  const auto in_state = replace_file(endpoint_file(paths.state), content);
  if (!in_runtime && !in_state) return in_runtime.error();
  return {};
}

void remove_endpoint(const Paths& paths) {
  for (const auto& folder : {paths.runtime, paths.state}) {
    const auto endpoint = read_from(folder);
    std::error_code ignored;
    if (endpoint && endpoint->pid == ::getpid()) std::filesystem::remove(endpoint_file(folder), ignored);
  }
}

}  // namespace portd
