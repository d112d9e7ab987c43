#include "daemon/store/history_thread.hpp"

#include <SQLiteCpp/Exception.h>
#ifdef __linux__
#include <sys/resource.h>
#endif

#include <algorithm>
#include <exception>
#include <iterator>
#include <span>

#include "daemon/core/archive.hpp"
#include "daemon/store/failure.hpp"

namespace portd::store {
namespace {

// Rows a transaction: bounds the write-ahead log, and what the file grows by until there is a look for room.
constexpr std::size_t slice = 250;
constexpr std::chrono::seconds longest_read{3};
constexpr Millis between_tries{1'000};  // while it cannot be written

std::size_t rows_of(const core::Record& record) {
  if (const auto* sample = std::get_if<core::MinuteSample>(&record)) return 1 + sample->services.size();
  return 1;
}

// How many of the first ones make a transaction.
std::size_t slice_of(std::span<const core::Record> records) {
  std::size_t count = 0;
  for (std::size_t rows = 0; count < records.size() && rows < slice; ++count) rows += rows_of(records[count]);
  return count;
}

// Who waits for a grant goes first. On Linux a thread has a nice value of its own (setpriority(2), "C library/kernel
// differences"); elsewhere it would be the process's.
void yield_to_grants() {
#ifdef __linux__
  constexpr int nice = 5;  // a third of the weight: enough to follow, where the cores are busy
  ::setpriority(PRIO_PROCESS, 0, nice);
#endif
}

}  // namespace

HistoryThread::HistoryThread(Path file, HistoryLimits limits, HistoryInbox& inbox, Tell tell)
    : file_(std::move(file)), limits_(limits), inbox_(inbox), tell_(std::move(tell)) {
  thread_ = std::thread([this] { run(); });
}

HistoryThread::~HistoryThread() { thread_.join(); }

void HistoryThread::run() {
  yield_to_grants();
  bool more = false;  // to drop
  for (bool running = true; running;) {
    HistoryWork work = more ? inbox_.take(Millis{0}) : trouble_.empty() ? inbox_.take() : inbox_.take(between_tries);
    running = !work.stop;
    if (work.limits) limits_ = *work.limits;
    for (core::Records& batch : work.batches) std::ranges::move(batch, std::back_inserter(unwritten_));
    if (!unwritten_.empty() || !trouble_.empty()) write_or_give_up();
    forget_written();
    more = running && trouble_.empty() && retain();
    answer(work.asked);
  }
}

HistoryDatabase& HistoryThread::database() {
  if (!database_) database_ = std::make_unique<HistoryDatabase>(file_);
  return *database_;
}

void HistoryThread::write_or_give_up() {
  try {
    write();
    trouble_.clear();
    return;
  } catch (const SQLite::Exception& error) {
    give_up(error.what());
    if (trouble_of(error, 0) != Trouble::damaged) return;
  } catch (const Damaged& error) {
    give_up(error.what());
  } catch (const std::exception& error) {
    return give_up(error.what());
  }
  try {
    remove_database(file_);
    write();
    trouble_.clear();
  } catch (const std::exception& error) {
    give_up(error.what());
  }
}

void HistoryThread::write() {
  while (written_ < unwritten_.size()) {
    const auto left = std::span<const core::Record>(unwritten_).subspan(written_);
    const std::size_t count = slice_of(left);
    database().write(left.first(count));
    written_ += count;
    while (!inbox_.stopping() && database().is_crowded(limits_) && database().drop_some(limits_)) {
    }
  }
}

void HistoryThread::forget_written() {
  const std::size_t left = std::min(unwritten_.size() - std::exchange(written_, 0), HistoryInbox::capacity);
  if (left == 0) {
    unwritten_ = {};  // its memory, too
  } else {
    unwritten_.erase(unwritten_.begin(), unwritten_.end() - static_cast<std::ptrdiff_t>(left));
  }
}

void HistoryThread::answer(const std::vector<HistoryWork::Asked>& asked) {
  std::vector<std::pair<std::uint64_t, HistoryAnswer>> answers;
  for (const HistoryWork::Asked& each : asked) {
    if (inbox_.stopping()) break;
    answers.emplace_back(each.id, read(each));
  }
  tell(std::move(answers));
}

HistoryAnswer HistoryThread::read(const HistoryWork::Asked& asked) {
  if (!trouble_.empty()) return Error{Problem::store_unavailable, trouble_ + "; ask again once that is mended"};
  try {
    const auto end = std::min(asked.at + core::Archive::longest_wait, std::chrono::steady_clock::now() + longest_read);
    const GiveUp give_up = [this, end] { return inbox_.stopping() || std::chrono::steady_clock::now() > end; };
    if (const auto* query = std::get_if<core::HistoryQuery>(&asked.question)) return database().find(*query, give_up);
    return database().sum(std::get<core::StatisticsQuery>(asked.question), give_up);
  } catch (const ReadTooLong&) {
    return Error{Problem::store_unavailable,
                 "the history took too long to read: ask for less time with since and until, or window, or for a port"};
  } catch (const std::exception& error) {
    return Error{Problem::store_unavailable, file_.string() + " cannot be read: " + error.what() +
                                                 "; see portd's log; removing the file begins a new history"};
  }
}

bool HistoryThread::retain() {
  if (!database_) return false;
  try {
    return database_->drop_some(limits_);
  } catch (const std::exception& error) {
    give_up(error.what());
    return false;
  }
}

void HistoryThread::give_up(const std::string& why) {
  database_.reset();
  lost_ = true;
  trouble_ = file_.string() + " is not written: " + why + "; leases are not affected";
}

// Everybody is told of anew only when that can be written.
void HistoryThread::tell(std::vector<std::pair<std::uint64_t, HistoryAnswer>> answers) {
  const bool lost = trouble_.empty() && std::exchange(lost_, false);
  if (answers.empty() && trouble_ == told_trouble_ && !lost) return;
  told_trouble_ = trouble_;
  tell_({trouble_, lost, std::move(answers)});
}

}  // namespace portd::store
