#include "common/json.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <unordered_set>
#include <vector>

#include "common/wording.hpp"

namespace portd {
namespace {

// Walks the text for nlohmann and lets us see how far it has come: its callback is not told.
class Cursor {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** reached) : at_(at), reached_(reached) {}

  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  Cursor operator++(int) {
    const Cursor before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// Thrown by the callback to leave nlohmann's parser, which takes no other answer.
struct Refused {
  std::string reason;
};

// Is told of every event before it is built into a value.
class Strictness {
 public:
  void check(int depth, Json::parse_event_t event, const Json& parsed) {
    using enum Json::parse_event_t;
    if ((event == object_start || event == array_start) && depth >= max_json_depth) {
      throw Refused{"more than " + std::to_string(max_json_depth) + " levels of nesting; send a flatter document"};
    }
    if (event == object_start) names_.emplace_back();
    if (event == object_end) names_.pop_back();
    if (event == key) check_name(parsed.get_ref<const std::string&>());
  }

 private:
  void check_name(const std::string& name) {
    if (!names_.back().insert(name).second)
      throw Refused{"the name " + in_quotes(name) + " is repeated; state it once"};
  }

  std::vector<std::unordered_set<std::string>> names_;  // of the objects that are open
};

std::string position(std::string_view text, const char* reached) {
  const std::string_view before = text.substr(0, static_cast<std::size_t>(reached - text.data()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t start = before.rfind('\n');
  const std::size_t column = start == std::string_view::npos ? before.size() : before.size() - start - 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(std::max<std::size_t>(column, 1));
}

// nlohmann's sentence without its number and position: "syntax error while parsing value - invalid literal".
std::string reason_of(const Json::exception& exception) {
  std::string_view what = exception.what();
  if (const std::size_t from = what.find(": "); from != std::string_view::npos) what.remove_prefix(from + 2);
  if (const std::size_t to = what.find("; last read"); to != std::string_view::npos) what = what.substr(0, to);
  return std::string(what.substr(0, 160));
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  const char* const begin = text.data();
  const char* reached = begin;
  Strictness strictness;
  const auto refuse = [&](const std::string& reason) {
    return Error{Problem::invalid_request, "not valid JSON at " + position(text, reached) + ": " + reason};
  };
  // nlohmann takes a NUL for the end of the text and would pass over what follows.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    reached += nul;
    return refuse("a NUL byte; leave it out");
  }
  try {
    const auto check = [&](int depth, Json::parse_event_t event, const Json& parsed) {
      strictness.check(depth, event, parsed);
      return true;
    };
    Json json = Json::parse(Cursor(begin, &reached), Cursor(begin + text.size(), &reached), check);
    return {boost::system::in_place_value, std::move(json)};
  } catch (const Refused& refused) {
    return refuse(refused.reason);
  } catch (const Json::exception& exception) {
    return refuse(reason_of(exception));
  }
}

std::string dump_json(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace portd
