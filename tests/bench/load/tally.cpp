#include "tests/bench/load/tally.hpp"

#include <algorithm>

namespace portd::load {
namespace {

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::get:
      return "get";
    case Kind::grant:
      return "grant";
    case Kind::release:
      return "release";
    case Kind::registration:
      return "registration";
    case Kind::withdrawal:
      return "withdrawal";
  }
  return "";
}

double microseconds(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

double percentile(const std::vector<Clock::duration>& sorted, double part) {
  if (sorted.empty()) return 0;
  return microseconds(sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))]);
}

}  // namespace

nlohmann::json percentiles(std::vector<Clock::duration> latencies) {
  std::sort(latencies.begin(), latencies.end());
  return {{"p50_us", percentile(latencies, 0.50)}, {"p99_us", percentile(latencies, 0.99)}};
}

void Tally::count_error(const Answer& answer) {
  if (errors_++ == 0) example_ = std::to_string(answer.status) + " " + std::string(answer.body);
}

std::size_t Tally::requests() const {
  std::size_t total = 0;
  for (const auto& [kind, latencies] : latencies_) total += latencies.size();
  return total;
}

nlohmann::json Tally::report(Clock::duration time) const {
  const double seconds = std::chrono::duration<double>(time).count();
  std::vector<Clock::duration> all;
  nlohmann::json report;
  for (const auto& [kind, latencies] : latencies_) {
    all.insert(all.end(), latencies.begin(), latencies.end());
    report[name_of(kind)] = percentiles(latencies);
  }
  report.update(percentiles(std::move(all)));
  report.update({{"requests", requests()}, {"errors", errors_}, {"example", example_}, {"seconds", seconds}});
  report["rate"] = static_cast<double>(requests()) / seconds;
  return report;
}

}  // namespace portd::load
