#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"

namespace portd {

// Where a program may listen: a loopback address or a wildcard, of either family.
class ListenAddress {
 public:
  ListenAddress() = default;

  // 127.0.0.0/8, 0.0.0.0, ::1 and ::, as numbers. Error: invalid_value.
  static Result<ListenAddress> parse(std::string_view text);

  bool is_v6() const { return text_.find(':') != std::string::npos; }
  const std::string& text() const { return text_; }

  bool operator==(const ListenAddress&) const = default;

 private:
  explicit ListenAddress(std::string text) : text_(std::move(text)) {}

  std::string text_ = "127.0.0.1";
};

}  // namespace portd
