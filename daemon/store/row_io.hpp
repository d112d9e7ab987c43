#pragma once

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <string>

#include "common/port.hpp"
#include "common/time.hpp"
#include "common/vocabulary.hpp"
#include "daemon/store/failure.hpp"

// Values into parameters and out of columns, one after the other.
namespace portd::store {

// Binds one parameter after the other.
class Binder {
 public:
  explicit Binder(SQLite::Statement& statement) : statement_(statement) {}

  void operator()(std::int64_t value) { statement_.bind(++index_, value); }
  void operator()(std::uint64_t value) { statement_.bind(++index_, static_cast<std::int64_t>(value)); }
  void operator()(const std::string& text) { statement_.bindNoCopy(++index_, text); }
  void operator()(TimePoint time) { (*this)(std::int64_t{time.time_since_epoch().count()}); }
  void null() { statement_.bind(++index_); }
  template <class E>
  void word(E value) {
    statement_.bind(++index_, std::string(to_text(value)));
  }

 private:
  SQLite::Statement& statement_;
  int index_ = 0;
};

// Reads one column after the other.
class Reader {
 public:
  explicit Reader(SQLite::Statement& row) : row_(row) {}

  bool null() { return row_.isColumnNull(index_); }
  void skip() { ++index_; }
  std::int64_t number() { return row_.getColumn(index_++).getInt64(); }
  std::uint64_t natural() { return static_cast<std::uint64_t>(number()); }
  std::string text() { return row_.getColumn(index_++).getString(); }
  TimePoint time() { return TimePoint{Millis{number()}}; }
  Port port() {
    const auto port = Port::checked(number());
    if (!port) throw Damaged("a row has a port that is none");
    return *port;
  }
  template <class E>
  E word() {
    const std::string text = this->text();
    const auto value = from_text<E>(text);
    if (!value) throw Damaged("a row has the unknown word " + text);
    return *value;
  }

 private:
  SQLite::Statement& row_;
  int index_ = 0;
};

}  // namespace portd::store
