// The problem details (RFC 9457) of lease_json.hpp.
#include <algorithm>
#include <array>

#include "common/field_reader.hpp"
#include "common/lease_json.hpp"

namespace portd {
namespace {

constexpr std::string_view type_prefix = "urn:portd:problem:";
constexpr std::array<std::string_view, 4> standard_members{"type", "title", "status", "detail"};

bool is_standard(std::string_view member) {
  return std::ranges::find(standard_members, member) != standard_members.end();
}

}  // namespace

Json to_json(const Error& error) {
  const ProblemRow& row = row_of(error.problem);
  Json json{{"type", std::string(type_prefix) + std::string(row.slug)},
            {"title", row.title},
            {"status", row.http_status},
            {"detail", error.detail}};
  for (const Fact& fact : error.facts) {
    std::visit([&](const auto& value) { json[fact.name] = value; }, fact.value);
  }
  return json;
}

Result<Error> error_from_json(const Json& json) {
  FieldReader reader("a problem", json);
  const auto type = reader.required<std::string>("type", reader.text("type"), "");
  const auto detail = reader.required<std::string>("detail", reader.text("detail"), "");
  const auto problem = type.starts_with(type_prefix)
                           ? problem_from_slug(std::string_view(type).substr(type_prefix.size()))
                           : std::nullopt;
  if (!problem) reader.refuse("type", "is no problem that is known here");
  if (reader.error()) return {boost::system::in_place_error, *reader.error()};
  Error error{*problem, detail};
  for (const auto& [name, value] : json.items()) {
    if (is_standard(name)) continue;
    if (value.is_string()) error.facts.push_back({name, value.get<std::string>()});
    if (value.is_number_integer()) error.facts.push_back({name, value.get<std::int64_t>()});
  }
  return {boost::system::in_place_value, std::move(error)};
}

}  // namespace portd
