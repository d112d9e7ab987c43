#include "daemon/api/query.hpp"

#include <algorithm>
#include <charconv>

#include "common/key.hpp"

namespace portd::api {
namespace {

std::string decoded(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    if (text[at] == '%' && at + 2 < text.size() &&
        std::from_chars(text.data() + at + 1, text.data() + at + 3, value, 16).ec == std::errc{}) {
      plain += static_cast<char>(value);
      at += 2;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

Error unknown_parameter(const std::string& name, std::span<const std::string_view> known) {
  std::string detail = "there is no query parameter " + in_quotes(name) + did_you_mean(name, known);
  if (known.empty()) {
    detail += " here; leave it out";
  } else {
    detail += " (known:";
    for (std::string_view one : known) detail += " " + std::string(one);
    detail += ")";
  }
  return {Problem::invalid_value, std::move(detail), {{"field", name}}};
}

}  // namespace

Result<Query> Query::parse(std::string_view text, std::initializer_list<std::string_view> known) {
  Query query;
  while (!text.empty()) {
    const auto ampersand = text.find('&');
    const std::string_view parameter = text.substr(0, ampersand);
    text.remove_prefix(ampersand == std::string_view::npos ? text.size() : ampersand + 1);
    if (parameter.empty()) continue;
    const auto equals = parameter.find('=');
    std::string name = decoded(parameter.substr(0, equals));
    if (std::find(known.begin(), known.end(), name) == known.end())
      return unknown_parameter(name, {known.begin(), known.size()});
    if (query.find(name)) {
      return Error{Problem::invalid_value, "the query has \"" + name + "\" twice; state it once", {{"field", name}}};
    }
    query.parameters_.emplace_back(std::move(name),
                                   equals == std::string_view::npos ? "" : decoded(parameter.substr(equals + 1)));
  }
  return query;
}

std::optional<std::string> Query::find(std::string_view name) const {
  for (const auto& [known, value] : parameters_) {
    if (known == name) return value;
  }
  return std::nullopt;
}

Result<std::optional<std::string>> name_from(const Query& query, std::string_view parameter) {
  const auto value = query.find(parameter);
  if (!value) return std::optional<std::string>();
  auto name = checked_name(parameter, *value);
  if (!name) return name.error();
  return std::optional(*name);
}

namespace {

Result<LeaseFilter> lease_filter_in(const Query& query) {
  LeaseFilter filter;
  if (auto read = assign(filter.project, name_from(query, "project")); !read) return read.error();
  if (auto read = assign(filter.service, name_from(query, "service")); !read) return read.error();
  if (auto read = assign(filter.instance, name_from(query, "instance")); !read) return read.error();
  if (auto read = assign(filter.state, word_from<LeaseState>(query, "state")); !read) return read.error();
  if (auto read = assign(filter.kind, word_from<LeaseKind>(query, "kind")); !read) return read.error();
  return filter;
}

}  // namespace

Result<LeaseFilter> lease_filter_from(std::string_view text) {
  const auto query = Query::parse(text, {"project", "service", "instance", "state", "kind"});
  if (!query) return query.error();
  return lease_filter_in(*query);
}

Result<PortsQuery> ports_query_from(std::string_view text) {
  const auto query = Query::parse(text, {"project", "service", "instance", "state", "kind", "all"});
  if (!query) return query.error();
  auto filter = lease_filter_in(*query);
  if (!filter) return filter.error();
  const std::string all = query->find("all").value_or("false");
  if (all == "true" || all == "false") return PortsQuery{std::move(*filter), all == "true"};
  return Error{Problem::invalid_value, in_quotes(all) + " is no all; it is true or false", {{"field", "all"}}};
}

Result<std::optional<std::string>> expected_lease_from(std::string_view text) {
  auto query = Query::parse(text, {"lease"});
  if (!query) return query.error();
  return query->find("lease");
}

}  // namespace portd::api
