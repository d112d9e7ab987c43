#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "client/outcome.hpp"
#include "common/json.hpp"

namespace portd::client {

// What the command line says of a service that is registered; empty or 0: not stated.
struct DeclarationOptions {
  int port = 0;
  std::string host;
  std::vector<std::string> tags;
  std::vector<std::string> metadata;    // NAME=VALUE
  std::vector<std::string> depends_on;  // [project/]service[@instance][:started|:healthy][:optional]
  std::vector<std::string> checks;      // http[:PATH], http://..., tcp, ttl[:DURATION]
  // Of all http and tcp checks.
  std::string interval, timeout, start_period;
  int failures = 0;
  int successes = 0;

  bool empty() const;
};

void add_declaration_options(CLI::App& app, DeclarationOptions& options);

// The body of PUT /services/{service}. portd checks the values; Failure: usage where they cannot be told apart.
Outcome<Json> declaration_from(const DeclarationOptions& options);

}  // namespace portd::client
