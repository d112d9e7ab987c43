#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "daemon/core/archive.hpp"
#include "daemon/core/record.hpp"
#include "daemon/store/files.hpp"
#include "daemon/store/history_inbox.hpp"
#include "daemon/store/history_limits.hpp"

namespace portd::store {

class HistoryThread;

// Who had which port when, and statistics, in a database of its own that is never synced and has a thread of its own:
// it may lose its newest second, or be recreated when it is damaged, without touching leases or delaying a grant. This
// is the loop thread's side; nothing here waits, nothing throws.
class History : public core::Archive, public core::RecordSink {
 public:
  struct Options {
    Path file;
    bool enabled = true;  // else nothing is recorded, and readers are told why
    HistoryLimits limits{};
    // Runs a function on the loop thread, from any thread, in order.
    std::function<void(std::function<void()>)> post;
  };

  explicit History(Options options);
  ~History() override;

  void take(core::Records records) override;
  bool take_loss() override;
  void find(core::HistoryQuery query, Done<core::HistoryPage> done) override;
  void sum(core::StatisticsQuery query, Done<core::Statistics> done) override;

  // Other limits from now on.
  void use(HistoryLimits limits);

  // One sentence while the history cannot be written, else empty.
  const std::string& trouble() const { return trouble_; }

  // Writes what was taken and ends the thread; waits for it, not for readers: they are not answered any more.
  void stop();

 private:
  void ask(HistoryQuestion question, std::function<void(HistoryAnswer)> done);
  void answer(std::uint64_t id, HistoryAnswer answer);

  Options options_;
  HistoryInbox inbox_;
  std::map<std::uint64_t, std::function<void(HistoryAnswer)>> asked_;  // and not answered yet
  std::uint64_t last_id_ = 0;
  std::string trouble_;
  bool lost_ = false;
  std::shared_ptr<void> alive_ = std::make_shared<int>();  // watched by what was posted and runs after this is gone
  std::unique_ptr<HistoryThread> thread_;
};

}  // namespace portd::store
