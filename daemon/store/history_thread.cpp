#include "daemon/store/history_thread.hpp"

#include <SQLiteCpp/Exception.h>

#include <algorithm>
#include <exception>
#include <span>

#include "daemon/store/failure.hpp"

namespace portd::store {
namespace {

// Records a transaction: bounds the write-ahead log, and what the file grows by until there is a look for room.
constexpr std::size_t slice = 250;

}  // namespace

HistoryThread::HistoryThread(Path file, HistoryLimits limits, HistoryInbox& inbox, Tell tell)
    : file_(std::move(file)), limits_(limits), inbox_(inbox), tell_(std::move(tell)) {
  thread_ = std::thread([this] { run(); });
}

HistoryThread::~HistoryThread() { thread_.join(); }

void HistoryThread::run() {
  bool more = false;  // to drop
  for (bool running = true; running;) {
    const HistoryWork work = inbox_.take(more);
    running = !work.stop;
    if (work.limits) limits_ = *work.limits;
    if (!work.records.empty()) write_all(work.records);
    std::vector<std::pair<std::uint64_t, HistoryAnswer>> answers;
    for (const auto& [id, question] : work.asked) answers.emplace_back(id, read(question));
    tell(std::move(answers));
    more = retain();
  }
}

HistoryDatabase& HistoryThread::database() {
  if (!database_) database_ = std::make_unique<HistoryDatabase>(file_);
  return *database_;
}

void HistoryThread::write_all(const core::Records& records) {
  try {
    write(records);
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
    write(records);
    trouble_.clear();
  } catch (const std::exception& error) {
    give_up(error.what());
  }
}

void HistoryThread::write(const core::Records& records) {
  const std::span<const core::Record> all(records);
  for (std::size_t done = 0; done < all.size(); done += slice) {
    database().write(all.subspan(done, std::min(slice, all.size() - done)));
    while (database().is_crowded(limits_) && database().drop_some(limits_)) {
    }
  }
}

HistoryAnswer HistoryThread::read(const HistoryQuestion& question) {
  if (!trouble_.empty()) return Error{Problem::store_unavailable, trouble_ + "; ask again once that is mended"};
  try {
    if (const auto* query = std::get_if<core::HistoryQuery>(&question)) return database().find(*query);
    return database().sum(std::get<core::StatisticsQuery>(question));
  } catch (const ReadTooLong&) {
    return Error{Problem::store_unavailable,
                 "the history took too long to search: ask for a port, or for less time with since and until"};
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

void HistoryThread::tell(std::vector<std::pair<std::uint64_t, HistoryAnswer>> answers) {
  if (answers.empty() && trouble_ == told_trouble_ && !lost_) return;
  told_trouble_ = trouble_;
  tell_({trouble_, std::exchange(lost_, false), std::move(answers)});
}

}  // namespace portd::store
