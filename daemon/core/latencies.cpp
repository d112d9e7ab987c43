#include "daemon/core/latencies.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace portd::core {
namespace {

constexpr double least = 100;  // microseconds: the end of the first place
constexpr double steps = 4;    // places in a doubling

}  // namespace

std::size_t Latencies::place_of(Micros latency) {
  const auto micros = static_cast<double>(latency.count());
  if (micros <= least) return 0;
  const double place = std::ceil(steps * std::log2(micros / least));
  return std::min(static_cast<std::size_t>(place), places - 1);
}

Latencies::Micros Latencies::end_of(std::size_t place) {
  return Micros(std::llround(least * std::exp2(static_cast<double>(place) / steps)));
}

void Latencies::add(Micros latency) {
  ++counts_.at(place_of(latency));
  ++count_;
  sum_ += latency;
  max_ = std::max(max_, latency);
}

void Latencies::add(const Latencies& others) {
  for (std::size_t place = 0; place < places; ++place) counts_[place] += others.counts_[place];
  count_ += others.count_;
  sum_ += others.sum_;
  max_ = std::max(max_, others.max_);
}

std::optional<Latencies::Micros> Latencies::average() const {
  if (count_ == 0) return std::nullopt;
  return sum_ / static_cast<std::int64_t>(count_);
}

std::optional<Latencies::Micros> Latencies::percentile(double part) const {
  if (count_ == 0) return std::nullopt;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t place = 0; place < places; ++place) {
    seen += counts_[place];
    if (seen < wanted || seen == 0) continue;
    return place + 1 == places ? max_ : std::min(end_of(place), max_);  // the last place has no end
  }
  return max_;
}

std::string Latencies::text() const {
  std::string text;
  for (std::size_t place = 0; place < places; ++place) {
    if (counts_[place] == 0) continue;
    text += (text.empty() ? "" : " ") + std::to_string(place) + ":" + std::to_string(counts_[place]);
  }
  return text;
}

Latencies Latencies::from(std::string_view text, Micros sum, Micros max) {
  Latencies latencies;
  latencies.sum_ = sum;
  latencies.max_ = max;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::size_t place = 0;
    std::uint32_t count = 0;
    const auto colon = std::from_chars(at, end, place);
    if (colon.ec != std::errc() || colon.ptr == end || *colon.ptr != ':' || place >= places) break;
    const auto space = std::from_chars(colon.ptr + 1, end, count);
    if (space.ec != std::errc()) break;
    latencies.counts_[place] += count;
    latencies.count_ += count;
    at = space.ptr == end ? end : space.ptr + 1;
  }
  return latencies;
}

}  // namespace portd::core
