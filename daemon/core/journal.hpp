#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <vector>

#include "common/error.hpp"
#include "daemon/core/change.hpp"

namespace portd::core {

// Where decisions go to become durable, in the order they were made. Loop thread only.
class Journal {
 public:
  virtual ~Journal() = default;

  // Whether a change may be decided now. Error: store_unavailable (read-only store).
  virtual Result<void> writable() const = 0;

  // The revision for the next change; never given twice, not even after a crash.
  virtual Revision next_revision() = 0;

  // Takes changes in order, all or none of them.
  virtual void append(Changes changes) = 0;

  // The newest revision appended or durable; what a reader of everything has read.
  virtual Revision newest() const = 0;

  // The oldest change that was appended and is not durable yet.
  virtual std::optional<Revision> oldest_pending() const = 0;

  // Calls `done` on the loop thread once every change up to `revision` is durable, or with the error
  // for which the changes that were not yet durable have been undone. At once when all are durable.
  using Done = std::function<void(const std::optional<Error>&)>;
  virtual void when_durable(Revision revision, Done done) = 0;
};

// Told by the journal what became of the changes. Loop thread.
class JournalListener {
 public:
  virtual ~JournalListener() = default;
  virtual void committed(const Changes& changes) = 0;  // before the waiters of when_durable are called
  virtual void undo(const Changes& changes) = 0;       // newest first; before the waiters are called
};

// Tells several, in order; each looks at the changes that are its own.
class JournalListeners : public JournalListener {
 public:
  JournalListeners(std::initializer_list<JournalListener*> listeners) : listeners_(listeners) {}

  void committed(const Changes& changes) override {
    for (JournalListener* listener : listeners_) listener->committed(changes);
  }
  void undo(const Changes& changes) override {
    for (JournalListener* listener : listeners_) listener->undo(changes);
  }

 private:
  std::vector<JournalListener*> listeners_;
};

}  // namespace portd::core
