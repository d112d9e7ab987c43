#include "common/wire_fields.hpp"

namespace portd {

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json text_or_null(const std::optional<TimePoint>& time) { return time ? Json(to_rfc3339(*time)) : Json(nullptr); }

std::string optional_text(FieldReader& reader, const char* field) {
  if (reader.is_null(field)) return "";
  return reader.text(field).value_or("");
}

std::optional<TimePoint> optional_time(FieldReader& reader, const char* field) {
  return reader.is_null(field) ? std::nullopt : reader.time(field);
}

void read_revision(FieldReader& reader, Revision& revision) {
  const auto text = reader.required<std::string>("revision", reader.text("revision"), "");
  const auto parsed = Revision::parse(text);
  if (!parsed) return reader.refuse("revision", "is not a revision");
  revision = *parsed;
}

}  // namespace portd
