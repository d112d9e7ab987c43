#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/core/event.hpp"
#include "daemon/core/journal.hpp"

namespace portd::core {

// The newest events, in the one total order of revisions. An event is published once every change before it is durable:
// nobody is told what a crash could undo, and nobody has to look back. Readers keep a position, so that a slow one
// costs nothing: once what it has not read is dropped, it is told so. Loop thread only.
class EventLog {
 public:
  static constexpr std::size_t kept = 10'000;

  explicit EventLog(Journal& journal) : journal_(journal), newest_added_(journal.newest()), floor_(journal.newest()) {}

  // Takes an event; it is published by the next flush() that may.
  void add(Event event);
  // After changes have become durable or were undone, and after add().
  void flush();

  // An event of this moment that is no change of the journal. Returns its revision.
  template <class What>
  Revision tell(EventKind kind, TimePoint at, What what) {
    const Revision revision = journal_.next_revision();
    add({kind, revision, at, std::move(what)});
    flush();
    return revision;
  }

  // A place between two events; counts from the start of the daemon.
  using Position = std::uint64_t;
  Position end() const { return first_ + events_.size(); }
  Position begin() const { return first_; }
  // begin() <= position < end()
  const Event& at(Position position) const { return events_.at(position - first_); }

  // Behind which everything is newer than the revision. Nothing when that is not known: another epoch, a revision that
  // was never given, or one whose events are gone.
  std::optional<Position> after(const Revision& revision) const;

  // Whether something that concerns the filter happened after the revision; true when that is not known.
  bool changed_since(const Revision& revision, const InstanceFilter& filter) const;

  // The newest revision that a reader of everything has read, published or not.
  Revision newest_read() const { return std::max(newest_added_, journal_.newest()); }

  // The revision of the newest event, or the one from which the log counts.
  Revision newest() const { return events_.empty() ? floor_ : events_.back().revision; }

  // Called with each event as it is published.
  void on_published(std::function<void(const Event&)> callback) { published_.push_back(std::move(callback)); }

 private:
  void publish(Event event);

  Journal& journal_;
  Revision newest_added_;
  Revision floor_;  // everything newer than it and published is in the log
  Position first_ = 0;
  std::deque<Event> events_;
  std::map<Revision, Event> held_back_;  // until what is before them is durable
  std::vector<std::function<void(const Event&)>> published_;
};

}  // namespace portd::core
