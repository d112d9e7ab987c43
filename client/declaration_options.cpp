#include "client/declaration_options.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <array>

#include "common/check.hpp"
#include "common/service.hpp"
#include "common/wording.hpp"

namespace portd::client {
namespace {

// Cuts `:word` off the end of the text; whether it was there.
bool cut_word(std::string_view& text, std::string_view word) {
  if (!text.ends_with(word) || text.size() <= word.size()) return false;
  if (text[text.size() - word.size() - 1] != ':') return false;
  text.remove_suffix(word.size() + 1);
  return true;
}

Outcome<Json> dependency_from(const std::string& text) {
  std::string_view rest = text;
  const bool optional = cut_word(rest, "optional");
  std::string_view condition;
  for (const auto& [value, word] : Words<Condition>::table) {
    if (cut_word(rest, word)) condition = word;
  }
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    static constexpr std::array<std::string_view, 3> known{"started", "healthy", "optional"};
    const std::string_view word = rest.substr(colon + 1);
    return Failure{Exit::usage, "--depends-on " + text +
                                    ": a service is followed by :started or :healthy, then by "
                                    ":optional, not by " +
                                    in_quotes(word) + did_you_mean(word, known)};
  }
  const auto parts = KeyParts::parse(rest);
  if (!parts) return Failure{Exit::usage, "--depends-on " + text + ": " + parts.error().detail};
  Json json{{"service", parts->service}};
  if (parts->project) json["project"] = *parts->project;
  if (parts->instance) json["instance"] = *parts->instance;
  if (!condition.empty()) json["condition"] = condition;
  if (optional) json["required"] = false;
  return json;
}

Failure not_a_check(const std::string& text) {
  return {Exit::usage,
          "--check is http, http:/PATH, http://HOST:PORT/PATH, tcp, ttl or ttl:30s, not " + in_quotes(text)};
}

void add_schedule(Json& check, const DeclarationOptions& options) {
  if (!options.interval.empty()) check["interval"] = options.interval;
  if (!options.timeout.empty()) check["timeout"] = options.timeout;
  if (!options.start_period.empty()) check["start_period"] = options.start_period;
  if (options.failures > 0) check["failures"] = options.failures;
  if (options.successes > 0) check["successes"] = options.successes;
}

Outcome<Json> check_from(const std::string& text, const DeclarationOptions& options) {
  const std::size_t colon = text.find(':');
  const std::string type = text.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
  Json check{{"type", type}};
  if (colon != std::string::npos && rest.empty()) return not_a_check(text);
  if (type == "ttl") {
    if (!rest.empty()) check["ttl"] = rest;
    return check;
  }
  if (type == "http" && rest.starts_with("//")) {
    check["url"] = text;
  } else if (type == "http" && (rest.empty() || rest.starts_with('/'))) {
    if (!rest.empty()) check["path"] = rest;
  } else if (type != "tcp" || !rest.empty()) {
    return not_a_check(text);
  }
  add_schedule(check, options);
  return check;
}

bool has_schedule(const DeclarationOptions& options) {
  return !options.interval.empty() || !options.timeout.empty() || !options.start_period.empty() ||
         options.failures > 0 || options.successes > 0;
}

Outcome<void> add_metadata(Json& declaration, const std::vector<std::string>& pairs) {
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Failure{Exit::usage, "--meta is NAME=VALUE, not " + in_quotes(pair)};
    }
    declaration["metadata"][pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return {};
}

// Each text by `read`, as an array in the field; no field when there is none.
template <class Read>
Outcome<void> add_list(Json& declaration, const char* field, const std::vector<std::string>& texts, Read read) {
  for (const std::string& text : texts) {
    auto json = read(text);
    if (!json) return json.error();
    declaration[field].push_back(std::move(*json));
  }
  return {};
}

}  // namespace

bool DeclarationOptions::empty() const {
  return port == 0 && host.empty() && tags.empty() && metadata.empty() && depends_on.empty() && checks.empty() &&
         !has_schedule(*this);
}

Outcome<Json> declaration_from(const DeclarationOptions& options) {
  Json declaration = Json::object();
  if (options.port > 0) declaration["port"] = options.port;
  if (!options.host.empty()) declaration["host"] = options.host;
  if (!options.tags.empty()) declaration["tags"] = options.tags;
  if (auto added = add_metadata(declaration, options.metadata); !added) return added.error();
  auto dependencies = add_list(declaration, "depends_on", options.depends_on, dependency_from);
  if (!dependencies) return dependencies.error();
  const auto read_check = [&options](const std::string& text) { return check_from(text, options); };
  if (auto checks = add_list(declaration, "checks", options.checks, read_check); !checks) return checks.error();

  const bool probes = std::ranges::any_of(options.checks, [](const auto& text) { return !text.starts_with("ttl"); });
  if (has_schedule(options) && !probes) {
    return Failure{Exit::usage,
                   "--interval, --timeout, --start-period, --failures and --successes are of http and tcp "
                   "checks; add one, e.g. --check http"};
  }
  return declaration;
}

void add_declaration_options(CLI::App& app, DeclarationOptions& options) {
  const auto add_many = [&app](const char* name, std::vector<std::string>& into, const char* description) {
    app.add_option(name, into, description)->allow_extra_args(false);
  };
  app.add_option("--port", options.port, "Port that it serves on (default: the one leased to it, leased if needed)")
      ->check(CLI::Range(1, 65'535));
  app.add_option("--host", options.host, "Host that it serves on (default: localhost)");
  add_many("--tag", options.tags, "Tag; may be given several times");
  add_many("--meta", options.metadata, "NAME=VALUE; may be given several times");
  add_many("--depends-on", options.depends_on,
           "[project/]service[@instance][:started|:healthy][:optional]; may be given several times");
  add_many("--check", options.checks,
           "http, http:/PATH, http://HOST:PORT/PATH, tcp, or ttl[:30s]; may be given several times");
  app.add_option("--interval", options.interval, "Of http and tcp checks: between two of them (default: 10s)");
  app.add_option("--timeout", options.timeout, "Of http and tcp checks: longest wait for an answer (default: 2s)");
  app.add_option("--start-period", options.start_period,
                 "Of http and tcp checks: how long it may take to start (default: 30s)");
  app.add_option("--failures", options.failures, "Of http and tcp checks: so many in a row are critical (default: 3)")
      ->check(CLI::Range(1, 100));
  app.add_option("--successes", options.successes,
                 "Of http and tcp checks: so many in a row are no longer critical (default: 1)")
      ->check(CLI::Range(1, 100));
}

}  // namespace portd::client
