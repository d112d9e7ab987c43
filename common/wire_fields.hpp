#pragma once

#include <optional>
#include <string>

#include "common/field_reader.hpp"
#include "common/json.hpp"
#include "common/lease.hpp"
#include "common/time.hpp"

// What the wire forms of leases, services and alerts have in common.
namespace portd {

// Null for an empty text, and for no time.
Json text_or_null(const std::string& text);
Json text_or_null(const std::optional<TimePoint>& time);

// A text that may be null or absent on the wire, and is then empty.
std::string optional_text(FieldReader& reader, const char* field);

// The same of a time, which then is nothing.
std::optional<TimePoint> optional_time(FieldReader& reader, const char* field);

// The field "revision", which must be there.
void read_revision(FieldReader& reader, Revision& revision);

}  // namespace portd
