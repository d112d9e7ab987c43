#pragma once

#include <string>
#include <string_view>

namespace portd::client {

// The query of a request target: "?project=acme&tag=a%26b".
class Query {
 public:
  Query& add(std::string_view name, std::string_view value);  // the value is percent-encoded (RFC 3986, section 2.1)
  const std::string& text() const { return text_; }           // empty when nothing was added

 private:
  std::string text_;
};

}  // namespace portd::client
