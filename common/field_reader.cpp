#include "common/field_reader.hpp"

#include <algorithm>

#include "common/key.hpp"
#include "common/wording.hpp"

namespace portd {

FieldReader::FieldReader(std::string_view what, const Json& json) : what_(what), json_(json) {
  if (json.is_object()) return;
  error_ = Error{Problem::invalid_value, std::string(what) + " is a JSON object, not " + json.type_name()};
}

void FieldReader::only(std::span<const std::string_view> known) {
  if (error_) return;
  for (const auto& [field, value] : json_.items()) {
    if (std::ranges::find(known, field) != known.end()) continue;
    std::string detail = std::string(what_) + " has no field " + in_quotes(field);
    if (std::string nearest = did_you_mean(field, known); !nearest.empty()) {
      detail += nearest;
    } else {
      detail += known.empty() ? "; leave it out" : "; leave it out. Its fields are";
      for (const std::string_view each : known) detail += (each == known.front() ? " " : ", ") + std::string(each);
    }
    error_ = Error{Problem::invalid_value, std::move(detail), {{"field", field.substr(0, 80)}}};
    return;
  }
}

const Json* FieldReader::find(const char* field) const {
  if (error_) return nullptr;
  const auto found = json_.find(field);
  return found == json_.end() ? nullptr : &*found;
}

bool FieldReader::is_null(const char* field) const {
  const Json* value = find(field);
  return value != nullptr && value->is_null();
}

std::optional<std::string> FieldReader::text(const char* field) {
  const Json* value = find(field);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  refuse(field, std::string("must be a string, not ") + value->type_name());
  return std::nullopt;
}

std::optional<std::string> FieldReader::name(const char* field) {
  const auto stated = text(field);
  if (!stated) return std::nullopt;
  if (auto checked = checked_name(field, *stated))
    return std::move(*checked);
  else
    refuse(field, checked.error());
  return std::nullopt;
}

std::optional<std::string> FieldReader::folder(const char* field) {
  auto stated = text(field);
  if (!stated) return std::nullopt;
  if (stated->starts_with('/') && stated->size() < 4096 && stated->find('\0') == std::string::npos) return stated;
  refuse(field, "must be an absolute path of less than 4096 bytes, such as \"/home/me/shop\"");
  return std::nullopt;
}

std::optional<std::int64_t> FieldReader::integer(const char* field, std::int64_t least, std::int64_t most) {
  const Json* value = find(field);
  if (value == nullptr) return std::nullopt;
  // A number above the int64 range is unsigned to nlohmann, and would wrap.
  const bool fits =
      value->is_number_integer() && !(value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX);
  if (fits && value->get<std::int64_t>() >= least && value->get<std::int64_t>() <= most)
    return value->get<std::int64_t>();
  refuse(field, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::optional<bool> FieldReader::boolean(const char* field) {
  const Json* value = find(field);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  refuse(field, "must be true or false");
  return std::nullopt;
}

std::optional<Port> FieldReader::port(const char* field) {
  const auto number = integer(field, 1, 65535);
  return number ? std::optional(Port(static_cast<std::uint16_t>(*number))) : std::nullopt;
}

std::optional<Millis> FieldReader::duration(const char* field, Millis least, Millis most) {
  const auto stated = text(field);
  if (!stated) return std::nullopt;
  const auto parsed = parse_duration(*stated);
  if (parsed && *parsed >= least && *parsed <= most) return *parsed;
  if (!parsed)
    refuse(field, parsed.error());
  else
    refuse(field, "must be from " + to_text(least) + " to " + to_text(most) + ", not " + in_quotes(*stated));
  return std::nullopt;
}

std::optional<TimePoint> FieldReader::time(const char* field) {
  const auto stated = text(field);
  if (!stated) return std::nullopt;
  const auto parsed = parse_rfc3339(*stated);
  if (parsed) return *parsed;
  refuse(field, parsed.error());
  return std::nullopt;
}

void FieldReader::refuse(std::string_view field, const std::string& message) {
  if (error_) return;
  error_ = Error{Problem::invalid_value, in_quotes(field) + " " + message, {{"field", std::string(field)}}};
}

void FieldReader::refuse(std::string_view field, const Error& error) {
  if (error_) return;
  error_ = Error{Problem::invalid_value, in_quotes(field) + ": " + error.detail, {{"field", std::string(field)}}};
}

void FieldReader::refuse_word(std::string_view field, std::string_view stated,
                              std::span<const std::string_view> words) {
  std::string expected;
  for (const std::string_view word : words) expected += (expected.empty() ? "" : ", ") + std::string(word);
  refuse(field, "is one of " + expected + ", not " + in_quotes(stated) + did_you_mean(stated, words));
}

}  // namespace portd
