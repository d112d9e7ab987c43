#include "daemon/core/check_state.hpp"

#include <algorithm>
#include <utility>

namespace portd::core {
namespace {

constexpr std::size_t output_kept = 4096;

// Cut in front of a character of UTF-8, not inside it.
std::string kept_output(std::string output) {
  if (output.size() <= output_kept) return output;
  constexpr std::size_t longest_character = 4;
  std::size_t end = output_kept;
  const auto is_inside = [&] { return (static_cast<unsigned char>(output[end]) & 0xC0U) == 0x80U; };
  while (end > output_kept - longest_character && is_inside()) --end;
  output.resize(end);
  return output;
}

bool is_well(Status status) { return status == Status::passing || status == Status::warning; }

// The first moment after `now` on the grid; those that were missed are not made up for.
SteadyPoint next_after(SteadyPoint now, SteadyPoint moment, Millis step) {
  return moment > now ? moment : moment + ((now - moment) / step + 1) * step;
}

}  // namespace

CheckState::CheckState(Check check, Now now, double share)
    : report_{std::move(check), Status::starting}, share_(share), began_(now.steady), due_(now.steady) {
  if (report_.check.type == CheckType::ttl) due_ = now.steady + report_.check.schedule.interval;
}

bool CheckState::record(Finding finding, Now now) {
  if (finding.verdict == Finding::Verdict::none) {
    schedule(now);
    return false;
  }
  report_.last_run = now.wall;
  report_.output = kept_output(std::move(finding.output));
  report_.latency = finding.latency;
  const bool well = finding.verdict == Finding::Verdict::pass || finding.verdict == Finding::Verdict::warn;
  passed_ = well ? passed_ + 1 : 0;
  failed_ = well ? 0 : failed_ + 1;
  impostor_ = finding.verdict == Finding::Verdict::impostor;
  const bool changed = become(judged(finding.verdict, now));
  was_well_ = was_well_ || is_well(status());
  schedule(now);
  return changed;
}

Status CheckState::judged(Finding::Verdict verdict, Now now) const {
  const CheckSchedule& schedule = check().schedule;
  switch (verdict) {
    case Finding::Verdict::none:
      return status();
    case Finding::Verdict::impostor:
      return Status::critical;
    case Finding::Verdict::pass:
    case Finding::Verdict::warn:
      if (!is_well(status()) && passed_ < schedule.successes) return status();
      return verdict == Finding::Verdict::pass ? Status::passing : Status::warning;
    case Finding::Verdict::fail:
      if (status() == Status::starting && in_start_period(now)) return status();
      return failed_ < schedule.failures ? status() : Status::critical;
  }
  return status();
}

bool CheckState::in_start_period(Now now) const { return now.steady < began_ + check().schedule.start_period; }

// Often until the first pass, and again while it is not well after something happened to it. The regular moments lie on
// a grid, so that nothing drifts; what comes in between does not move them.
void CheckState::schedule(Now now) {
  const CheckSchedule& schedule = check().schedule;
  const bool is_first = !was_well_ && in_start_period(now);
  const bool is_troubled = !is_well(status()) || failed_ > 0;
  if (is_first || (is_troubled && now.steady < hurried_until_)) {
    due_ = next_after(now.steady, due_ + schedule.start_interval, schedule.start_interval);
    return;
  }
  if (!regular_) {
    regular_ = now.steady + std::chrono::duration_cast<SteadyPoint::duration>(share_ * schedule.interval);
  }
  regular_ = next_after(now.steady, *regular_, schedule.interval);
  due_ = *regular_;
}

bool CheckState::beat(const Heartbeat& heartbeat, Now now) {
  report_.last_run = now.wall;
  report_.output = kept_output(heartbeat.output);
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
