#include "daemon/store/disk_store.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

namespace portd::store {
namespace {

// On a full disk nothing could be reserved: then the numbers come from an epoch that only this process knows.
Revisions make_revisions(const Opened& opened, Inbox& inbox) {
  if (!opened.revision_limit) return Revisions::unreserved();
  return {opened.meta.epoch, opened.meta.revision_limit, *opened.revision_limit,
          [&inbox](std::uint64_t wanted) { inbox.reserve(wanted); }};
}

}  // namespace

DiskStore::DiskStore(Options options, Opened opened)
    : options_(std::move(options)),
      opened_(std::move(opened)),
      revisions_(make_revisions(opened_, inbox_)),
      newest_(revisions_.last()),
      durable_(newest_) {
  status_.condition = opened_.condition;
}

DiskStore::~DiskStore() { stop(); }

void DiskStore::start(core::JournalListener& listener) {
  listener_ = &listener;
  if (!opened_.database) return;
  Writer::Options writer{options_.paths, options_.backup_interval, options_.backups_kept, opened_.backup_due,
                         options_.on_commit};
  writer_ = std::make_unique<Writer>(std::move(opened_.database), inbox_, std::move(writer), poster());
}

Tell DiskStore::poster() {
  return [this, post = options_.post, alive = std::weak_ptr<void>(alive_)](Report report) {
    post([this, alive, report = std::move(report)] {
      if (alive.expired()) return;
      std::visit([this](const auto& one) { handle(one); }, report);
    });
  };
}

Status DiskStore::status() const {
  Status status = status_;
  status.disk_full = !disk_full_.empty();
  for (const core::Changes& changes : pending_) status.pending += changes.size();
  for (const std::string* detail : {&broken_, &opened_.detail, &disk_full_, &degraded_}) {
    if (status.detail.empty()) status.detail = *detail;
  }
  return status;
}

bool DiskStore::accepting() const { return broken_.empty() && !stopped_ && opened_.condition != Condition::read_only; }

Error DiskStore::unwritable() const {
  if (!broken_.empty()) return {Problem::store_unavailable, broken_};
  if (opened_.condition == Condition::read_only) return {Problem::store_unavailable, opened_.detail};
  return {Problem::store_unavailable, "portd is ending: ask again when it has started"};
}

Result<void> DiskStore::writable() const {
  if (!accepting()) return unwritable();
  if (!revisions_.running_out()) return {};
  return Error{Problem::disk_full, "the disk of " + options_.paths.state.string() +
                                       " has been full for long: free some space, then ask again"};
}

void DiskStore::append(core::Changes changes) {
  if (changes.empty()) return;
  newest_ = core::revision_of(changes.back());
  pending_.push_back(std::move(changes));
  if (accepting()) return inbox_.append({generation_, &pending_.back()});
  // Decided all the same, so it has to be undone; not from inside the decision.
  if (broken_.empty()) poster()(Refused{unwritable()});
}

std::optional<Revision> DiskStore::oldest_pending() const {
  return pending_.empty() ? std::nullopt : std::optional(core::revision_of(pending_.front().front()));
}

void DiskStore::forget(std::vector<Key> keys) {
  if (!keys.empty()) inbox_.forget(std::move(keys));
}

void DiskStore::when_durable(Revision revision, Done done) {
  if (is_durable(revision)) return done(std::nullopt);
  if (!broken_.empty()) return done(unwritable());
  waiters_.push_back({revision, std::move(done)});
}

bool DiskStore::is_durable(const Revision& revision) const {
  // What is pending is of this epoch; another epoch's was found on disk.
  return pending_.empty() || revision.epoch != revisions_.epoch() || revision <= durable_;
}

void DiskStore::handle(Durable report) {
  disk_full_.clear();
  ++status_.commits;
  if (report.revision_limit) revisions_.reserved(*report.revision_limit);
  if (report.appends == 0) return;
  core::Changes changes = take_pending(report.appends);
  durable_ = core::revision_of(changes.back());
  status_.changes += changes.size();
  listener_->committed(changes);
  answer_durable();
}

core::Changes DiskStore::take_pending(std::size_t appends) {
  core::Changes changes = std::move(pending_.front());
  pending_.pop_front();
  for (std::size_t more = 1; more < appends; ++more) {
    std::ranges::move(pending_.front(), std::back_inserter(changes));
    pending_.pop_front();
  }
  return changes;
}

void DiskStore::answer_durable() {
  // Out of the list first: whoever is called may wait again.
  std::vector<Waiter> durable;
  std::vector<Waiter> waiting;
  for (Waiter& waiter : std::exchange(waiters_, {})) {
    (is_durable(waiter.revision) ? durable : waiting).push_back(std::move(waiter));
  }
  waiters_ = std::move(waiting);
  for (Waiter& waiter : durable) waiter.done(std::nullopt);
}

void DiskStore::answer_all(const Error& error) {
  for (Waiter& waiter : std::exchange(waiters_, {})) waiter.done(error);
}

void DiskStore::handle(const Refused& report) {
  disk_full_ = report.error.problem == Problem::disk_full ? report.error.detail : "";
  core::Changes newest_first;
  for (core::Changes& changes : std::views::reverse(pending_)) {
    newest_first.insert(newest_first.end(), std::move_iterator(changes.rbegin()), std::move_iterator(changes.rend()));
  }
  pending_.clear();
  ++generation_;
  newest_ = durable_;
  if (listener_ != nullptr && !newest_first.empty()) listener_->undo(newest_first);
  answer_all(report.error);
}

void DiskStore::handle(Broken report) {
  broken_ = std::move(report.detail);
  options_.fatal(broken_);
  answer_all(unwritable());
}

void DiskStore::stop() {
  stopped_ = true;
  if (!writer_) return;
  inbox_.stop();
  writer_.reset();
}

}  // namespace portd::store
