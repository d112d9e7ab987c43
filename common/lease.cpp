#include "common/lease.hpp"

#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdio>

namespace portd {

std::string Revision::text() const {
  std::array<char, 40> text{};
  const int length = std::snprintf(text.data(), text.size(), "%08" PRIx32 "-%" PRIu64, epoch, number);
  return std::string(text.data(), static_cast<std::size_t>(length));
}

std::optional<Revision> Revision::parse(std::string_view text) {
  constexpr std::size_t digits = 8;
  if (text.size() < digits + 2 || text[digits] != '-') return std::nullopt;
  const char* const begin = text.data();
  Revision revision;
  std::from_chars(begin, begin + digits, revision.epoch, 16);
  std::from_chars(begin + digits + 1, begin + text.size(), revision.number);
  // One revision has one text: no upper case, no leading zeros, nothing after the number.
  if (revision.text() != text) return std::nullopt;
  return revision;
}

bool LeaseFilter::matches(const Lease& lease) const {
  return (!project || *project == lease.key.project) && (!service || *service == lease.key.service) &&
         (!instance || *instance == lease.key.instance) && (!state || *state == lease.state) &&
         (!kind || *kind == lease.kind);
}

}  // namespace portd
