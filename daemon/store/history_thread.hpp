#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/store/history_database.hpp"
#include "daemon/store/history_inbox.hpp"

namespace portd::store {

// What the history thread tells the loop thread.
struct HistoryReport {
  std::string trouble{};  // one sentence while it cannot be written
  bool lost = false;      // records that were taken; told once it can be written again
  std::vector<std::pair<std::uint64_t, HistoryAnswer>> answers{};
};

// The thread that owns the history's database: writes, reads, and drops what is too old or too much, in small steps.
class HistoryThread {
 public:
  using Tell = std::function<void(HistoryReport)>;

  // `tell` is called on the history thread. `inbox` outlives this.
  HistoryThread(Path file, HistoryLimits limits, HistoryInbox& inbox, Tell tell);
  // Joins; the inbox must have been told to stop: what was put is written, nobody is answered any more.
  ~HistoryThread();

 private:
  void run();
  void write();
  void write_or_give_up();
  void forget_written();
  void answer(const std::vector<HistoryWork::Asked>& asked);
  HistoryAnswer read(const HistoryWork::Asked& asked);
  bool retain();
  void give_up(const std::string& why);
  void tell(std::vector<std::pair<std::uint64_t, HistoryAnswer>> answers);
  HistoryDatabase& database();

  Path file_;
  HistoryLimits limits_;
  HistoryInbox& inbox_;
  Tell tell_;
  std::unique_ptr<HistoryDatabase> database_;  // opened when it is first needed, and after trouble
  core::Records unwritten_;                    // while there is trouble, the newest of them
  std::size_t written_ = 0;                    // of those, from the front: never again, whatever fails later
  std::string trouble_;
  std::string told_trouble_;
  bool lost_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace portd::store
