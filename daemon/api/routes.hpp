#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/api/handlers.hpp"

namespace portd::api {

using AtOnce = Response (*)(Call&);
using Awaited = Task<Response> (*)(Call&);
using Handler = std::variant<AtOnce, Awaited>;

// One row of the table. `operation` is the operationId of the OpenAPI document.
struct Route {
  std::string_view method;
  std::string_view pattern;  // "/ports/{port}": {port} stands for one segment
  std::string_view operation;
  Handler handler;

  bool is_at_once() const { return std::holds_alternative<AtOnce>(handler); }
};

std::span<const Route> routes();

// What a method and a path lead to. HEAD leads to where GET does.
struct Match {
  const Route* route = nullptr;  // nothing: see `allowed`
  std::string_view port{};
  std::string allowed{};  // the methods of the path, for Allow; empty: there is no such path
};
Match find_route(std::string_view method, std::string_view path);

}  // namespace portd::api
