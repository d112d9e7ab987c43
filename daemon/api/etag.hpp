#pragma once

#include <string>
#include <string_view>

namespace portd::api {

// The strong entity tag of a body, in its quotes (RFC 9110, section 8.8.3).
std::string etag_of(std::string_view body);

// If-Match: whether the tag is among those that are named, or all are ("*"). A weak one matches nothing
// (RFC 9110, section 13.1.1).
bool if_match_holds(std::string_view header, std::string_view etag);

// If-None-Match: whether it is among them, weak ones counted, so that the client has it (section 13.1.2).
bool is_known_to_client(std::string_view header, std::string_view etag);

}  // namespace portd::api
