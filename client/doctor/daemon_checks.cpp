// What portd itself is like.
#include <algorithm>
#include <array>
#include <charconv>

#include "client/doctor/checks.hpp"

namespace portd::client {
namespace {

// "0.10.2" as numbers; what is no number is 0.
std::array<int, 3> version_numbers(const std::string& text) {
  std::array<int, 3> numbers{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int& number : numbers) {
    at = std::from_chars(at, end, number).ptr;
    if (at != end) ++at;
  }
  return numbers;
}

bool is_told(const char* id, const Findings& found) {
  return std::ranges::any_of(found, [id](const Finding& finding) { return finding.id == id; });
}

// Another check tells of the same, with what mends it.
bool is_told_elsewhere(const std::string& kind, const Findings& found) {
  return (kind == "endpoint-taken" && is_told("api-port-taken", found)) ||
         (kind == "descriptors-low" && is_told("few-descriptors", found)) ||
         (kind == "store-degraded" && (is_told("store-degraded", found) || is_told("disk-full", found)));
}

}  // namespace

void check_configuration(const Facts& facts, Findings& found) {
  for (const std::string& mistake : facts.mistakes) {
    found.push_back({"configuration", "portd would not start, or not take over what was changed: " + mistake,
                     "mend what can be mended by itself, and the rest in the file (portc config edit)",
                     "portc config validate --fix"});
  }
}

void check_traces(const Facts& facts, Findings& found) {
  if (facts.reach != Facts::Reach::nobody_there || facts.traces.empty()) return;
  std::string names;
  std::string command = "rm -f";
  for (const auto& path : facts.traces) {
    names.append(names.empty() ? "" : ", ").append(path.string());
    command.append(" ").append(shell_word(path));
  }
  found.push_back({"stale-files", "a portd that is gone left behind " + names, "remove them", command});
}

void check_daemon(const Facts& facts, Findings& found) {
  if (answers(facts)) return;
  if (facts.named) {
    found.push_back(
        {"no-daemon", facts.trouble, "start it there, or leave out --url, --socket, PORTD_URL and PORTD_SOCKET"});
    return;
  }
  if (facts.reach == Facts::Reach::nobody_there) {
    found.push_back({"no-daemon", "portd is not running", "start it", "portc daemon start"});
    return;
  }
  Finding silent{"no-answer", "portd does not answer: " + facts.trouble, "do what that says"};
  if (facts.pid) {
    silent.fix = "see its log, then end it and start it anew";
    silent.command = "kill -9 " + std::to_string(*facts.pid) + " && portc daemon start";
  }
  found.push_back(std::move(silent));
}

// Something that cleans up took it: whoever asks from now on finds no socket.
void check_socket(const Facts& facts, Findings& found) {
  if (!answers(facts) || facts.over_socket || !facts.pid) return;
  const std::string pid = std::to_string(*facts.pid);
  found.push_back(
      {"socket-gone", "portd runs (pid " + pid + "), but its unix socket " + facts.paths.socket().string() + " is gone",
       "end it and start it anew: it makes a new one", "kill " + pid + " && sleep 1 && portc daemon start"});
}

void check_version(const Facts& facts, Findings& found) {
  if (!answers(facts)) return;
  const std::string running = facts.health.value("version", "0");
  if (version_numbers(running) >= version_numbers(facts.version)) return;
  found.push_back({"older-daemon",
                   "the portd that runs is version " + running + ", older than this portc, " + facts.version,
                   "start the newer one; leases and holders stay as they are", restart_command});
}

// On a full disk, what it cannot write comes of that.
void check_store(const Facts& facts, Findings& found) {
  if (!answers(facts) || is_told("disk-full", found)) return;
  const std::string detail = facts.health.value("/store/detail"_json_pointer, "");
  if (detail.empty()) return;
  found.push_back(
      {"store-degraded", detail, "do what it says; if it is told again then, start portd anew", restart_command});
}

void check_alerts(const Facts& facts, Findings& found) {
  if (!answers(facts)) return;
  for (const Json& alert : facts.health.value("alerts", Json::array())) {
    const std::string kind = alert.value("kind", "");
    if (alert.value("state", "raised") != "raised" || is_told_elsewhere(kind, found)) continue;
    Finding finding{"alert", kind + ": " + alert.value("detail", ""),
                    "do what it says; the alert is resolved as soon as it is no longer so"};
    if (alert.contains("id")) finding.fix += ", or acknowledge it: portc alerts ack " + alert.value("id", "");
    found.push_back(std::move(finding));
  }
}

}  // namespace portd::client
