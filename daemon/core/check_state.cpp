#include "daemon/core/check_state.hpp"

#include <algorithm>
#include <utility>

namespace portd::core {
namespace {

constexpr std::size_t output_kept = 4096;

// Cut in front of a character of UTF-8, not inside it.
std::string cut(std::string output) {
  if (output.size() <= output_kept) return output;
  std::size_t end = output_kept;
  while (end > 0 && (static_cast<unsigned char>(output[end]) & 0xC0U) == 0x80U) --end;
  output.resize(end);
  return output;
}

}  // namespace

CheckState::CheckState(Check check, Now now, double share)
    : report_{std::move(check), Status::starting}, share_(share), began_(now.steady), due_(now.steady) {
  if (report_.check.type == CheckType::ttl) due_ = now.steady + report_.check.schedule.interval;
}

bool CheckState::record(Finding finding, Now now) {
  report_.last_run = now.wall;
  report_.output = cut(std::move(finding.output));
  if (finding.verdict != Finding::Verdict::none) {
    report_.latency = finding.latency;
    const bool well = finding.verdict == Finding::Verdict::pass || finding.verdict == Finding::Verdict::warn;
    passed_ = well ? passed_ + 1 : 0;
    failed_ = well ? 0 : failed_ + 1;
  }
  const Status status = judged(finding.verdict, now);
  impostor_ = status == Status::critical &&
              (finding.verdict == Finding::Verdict::impostor || (impostor_ && finding.verdict == Finding::Verdict::none));
  const bool changed = become(status);
  schedule(now);
  return changed;
}

Status CheckState::judged(Finding::Verdict verdict, Now now) const {
  const CheckSchedule& schedule = check().schedule;
  const bool was_well = status() == Status::passing || status() == Status::warning;
  switch (verdict) {
    case Finding::Verdict::none:
      return status();
    case Finding::Verdict::impostor:
      return Status::critical;
    case Finding::Verdict::pass:
    case Finding::Verdict::warn:
      if (!was_well && passed_ < schedule.successes) return status();
      return verdict == Finding::Verdict::pass ? Status::passing : Status::warning;
    case Finding::Verdict::fail:
      return is_starting(now) || failed_ < schedule.failures ? status() : Status::critical;
  }
  return status();
}

bool CheckState::is_starting(Now now) const {
  return status() == Status::starting && now.steady < began_ + check().schedule.start_period;
}

// The regular moments lie on a grid, so that nothing drifts; what comes in between does not move them.
void CheckState::schedule(Now now) {
  const CheckSchedule& schedule = check().schedule;
  const bool well = status() == Status::passing || status() == Status::warning;
  if (is_starting(now) || (!well && now.steady < hurried_until_)) {
    due_ = std::max(due_ + schedule.start_interval, now.steady + Millis(1));
    return;
  }
  if (!regular_) {
    regular_ = now.steady + std::chrono::duration_cast<SteadyPoint::duration>(share_ * schedule.interval);
  }
  while (*regular_ <= now.steady) {
    const auto missed = (now.steady - *regular_) / schedule.interval;
    *regular_ += (missed + 1) * schedule.interval;
  }
  due_ = *regular_;
}

bool CheckState::beat(const Heartbeat& heartbeat, Now now) {
  report_.last_run = now.wall;
  report_.output = cut(heartbeat.output);
  lapsed_ = false;
  due_ = now.steady + check().schedule.interval;
  return become(heartbeat.status);
}

// The last output stays: it is what is known.
bool CheckState::lapse(Now now) {
  if (now.steady < due_) return false;
  lapsed_ = true;
  due_ = SteadyPoint::max();
  return become(Status::critical);
}

void CheckState::hurry(Now now) {
  if (check().type == CheckType::ttl) return;
  due_ = std::min(due_, now.steady);
  hurried_until_ = now.steady + check().schedule.start_period;
}

bool CheckState::become(Status status) { return std::exchange(report_.status, status) != status; }

}  // namespace portd::core
