#include "config/interpolation.hpp"

#include <algorithm>

#include "common/key.hpp"
#include "common/wording.hpp"

namespace portd::config {
namespace {

Error wrong(std::string_view reference, const std::string& why) {
  return Error{Problem::invalid_value, in_quotes("${" + std::string(reference) + "}") + " " + why};
}

bool is_variable(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && !digit(name[0]) && std::ranges::all_of(name, [&](char c) { return fits(c) || digit(c); });
}

// "services.api.ports.debug", or with another field. A service's name may have dots: the field is what comes last.
Result<TextPiece> service_piece(std::string_view reference) {
  constexpr std::string_view prefix = "services.";
  static constexpr const char* usage =
      "is no reference; write ${services.NAME.url}, or .port, .host or .ports.ROLE in place of .url";
  std::string_view rest = reference.substr(prefix.size());
  TextPiece piece{.kind = TextPiece::Kind::service};
  if (const std::size_t ports = rest.find(".ports."); ports != std::string_view::npos) {
    piece.service.field = ServiceReference::Field::port;
    piece.service.role = rest.substr(ports + 7);
    rest = rest.substr(0, ports);
    if (!is_valid_name(piece.service.role)) return wrong(reference, usage);
  } else {
    const std::size_t dot = rest.rfind('.');
    if (dot == std::string_view::npos) return wrong(reference, usage);
    const std::string_view field = rest.substr(dot + 1);
    if (field == "port") {
      piece.service.field = ServiceReference::Field::port;
    } else if (field == "host") {
      piece.service.field = ServiceReference::Field::host;
    } else if (field != "url") {
      return wrong(reference, usage);
    }
    rest = rest.substr(0, dot);
  }
  piece.service.service = to_name(rest);
  if (piece.service.service.empty()) return wrong(reference, usage);
  return piece;
}

Result<TextPiece> piece_of(std::string_view reference) {
  if (reference.starts_with("services.")) return service_piece(reference);
  TextPiece piece{.kind = TextPiece::Kind::variable};
  const std::size_t separator = reference.find(":-");
  piece.has_default = separator != std::string_view::npos;
  piece.text = reference.substr(0, separator);
  if (piece.has_default) piece.otherwise = reference.substr(separator + 2);
  if (piece.otherwise.find("${") != std::string::npos) {
    return wrong(reference, "has another reference in its default; write that out");
  }
  if (is_variable(piece.text)) return piece;
  return wrong(reference, "is no reference; write ${VAR}, ${VAR:-default} or ${services.NAME.url}, and $$ for a \"$\"");
}

Result<std::string> variable_text(const TextPiece& piece, const Variables& variables) {
  const auto found = variables.find(piece.text);
  if (found != variables.end() && (!piece.has_default || !found->second.empty())) return found->second;
  if (piece.has_default) return piece.otherwise;
  return wrong(piece.text, "is not set; set the variable, or write ${" + piece.text + ":-a default}");
}

}  // namespace

Result<std::vector<TextPiece>> pieces_of(std::string_view text) {
  std::vector<TextPiece> pieces;
  std::string plain;
  while (!text.empty()) {
    if (text.starts_with("$$")) {
      plain += '$';
      text.remove_prefix(2);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos)
        return wrong(text.substr(2), "is not closed; add a \"}\", or write $$ for a \"$\"");
      auto piece = piece_of(text.substr(2, end - 2));
      if (!piece) return piece.error();
      if (!plain.empty()) pieces.push_back({.text = std::move(plain)});
      plain.clear();
      pieces.push_back(std::move(*piece));
      text.remove_prefix(end + 1);
    } else {
      plain += text[0];
      text.remove_prefix(1);
    }
  }
  if (!plain.empty()) pieces.push_back({.text = std::move(plain)});
  return pieces;
}

Result<std::string> fill_in(std::string_view text, const Variables& variables, const ServiceLookup& lookup) {
  const auto pieces = pieces_of(text);
  if (!pieces) return pieces.error();
  std::string filled;
  for (const TextPiece& piece : *pieces) {
    Result<std::string> part = piece.text;
    if (piece.kind == TextPiece::Kind::variable) part = variable_text(piece, variables);
    if (piece.kind == TextPiece::Kind::service) part = lookup(piece.service);
    if (!part) return part.error();
    filled += *part;
  }
  return filled;
}

}  // namespace portd::config
