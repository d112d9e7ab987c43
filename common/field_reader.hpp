#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/json.hpp"
#include "common/port.hpp"
#include "common/time.hpp"
#include "common/vocabulary.hpp"

namespace portd {

// Reads the fields of one JSON object. The first mistake is kept, and nothing is read after it, so that a reader
// is a list of fields with one look at error() at its end. Every mistake is invalid_value with the fact "field".
class FieldReader {
 public:
  // `what`: for messages ("a grant"). The JSON must outlive this.
  FieldReader(std::string_view what, const Json& json);

  // Refuses fields that are not among these, with the nearest that is.
  void only(std::span<const std::string_view> known);

  // Absent fields are nothing; so are all fields once there is a mistake.
  const Json* find(const char* field) const;
  bool is_null(const char* field) const;
  std::optional<std::string> text(const char* field);
  std::optional<std::string> name(const char* field);
  std::optional<std::string> folder(const char* field);  // an absolute path below 4096 bytes
  std::optional<std::int64_t> integer(const char* field, std::int64_t least, std::int64_t most);
  std::optional<bool> boolean(const char* field);
  std::optional<Port> port(const char* field);
  std::optional<Millis> duration(const char* field, Millis least, Millis most);
  std::optional<TimePoint> time(const char* field);

  template <class E>
  std::optional<E> word(const char* field) {
    const auto stated = text(field);
    if (!stated) return std::nullopt;
    if (const auto value = from_text<E>(*stated)) return value;
    std::array<std::string_view, Words<E>::table.size()> words;
    for (std::size_t i = 0; i < words.size(); ++i) words.at(i) = Words<E>::table.at(i).second;
    refuse_word(field, *stated, words);
    return std::nullopt;
  }

  // The value of a field that must be there; a mistake when it is absent.
  template <class T>
  T required(const char* field, std::optional<T> value, T otherwise) {
    if (!value) refuse(field, "is missing");
    return value ? std::move(*value) : std::move(otherwise);
  }

  // `message` follows the field's name: "must be a string".
  void refuse(std::string_view field, const std::string& message);
  void refuse(std::string_view field, const Error& error);
  const std::optional<Error>& error() const { return error_; }

 private:
  void refuse_word(std::string_view field, std::string_view stated, std::span<const std::string_view> words);

  std::string_view what_;
  const Json& json_;
  std::optional<Error> error_;
};

}  // namespace portd
