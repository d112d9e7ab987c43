#include "client/daemon_log.hpp"

#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "client/configuration.hpp"
#include "client/quiet_interrupt.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;

constexpr int look_again_ms = 100;
constexpr std::size_t block_size = std::size_t{64} * 1024;
constexpr const char* systemd_unit = "portd.service";

// "settings": {"log": {"file"}} of GET /config; the running portd knows best.
std::optional<std::string> file_of_running(Session& session) {
  if (read_endpoint(session.environment().paths()).has_error()) return std::nullopt;
  const auto running = session.running_portd();
  if (!running) return std::nullopt;
  const auto seen = (*running)->configuration();
  if (!seen) return std::nullopt;
  const Json::json_pointer place("/settings/log/file");
  const bool stated = seen->json.contains(place) && seen->json.at(place).is_string();
  return stated ? seen->json.at(place).get<std::string>() : "";
}

std::string configured_file(Session& session) {
  const auto running = file_of_running(session);
  std::string file = running ? *running : load_daemon({}, session.environment()).settings.log.file;
  const std::string home = session.environment().variable("HOME");
  if (file.starts_with("~/") && !home.empty()) file.replace(0, 1, home);
  return file;
}

// Its process lies in the unit's control group (cgroups(7)).
bool runs_in_unit(const Paths& paths) {
  const auto endpoint = read_endpoint(paths);
  if (!endpoint) return false;
  std::ifstream groups("/proc/" + std::to_string(endpoint->pid) + "/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.ends_with(std::string("/") + systemd_unit)) return true;
  }
  return false;
}

// A log that is read on as it grows, and anew when another file has its name.
class LogFile {
 public:
  explicit LogFile(fs::path path) : path_(std::move(path)) { open(); }

  bool is_open() const { return file_.is_open(); }

  // The last whole lines.
  std::vector<std::string> last(std::size_t count) {
    file_.seekg(0, std::ios::end);
    auto begin = static_cast<std::size_t>(std::max<std::streamoff>(file_.tellg(), 0));
    std::string text;
    while (begin > 0 && lines_in(text) <= count) {
      const std::size_t size = std::min(block_size, begin);
      begin -= size;
      std::string part(size, '\0');
      file_.seekg(static_cast<std::streamoff>(begin));
      file_.read(part.data(), static_cast<std::streamsize>(size));
      text.insert(0, part.substr(0, static_cast<std::size_t>(file_.gcount())));
    }
    file_.clear();
    file_.seekg(0, std::ios::end);
    std::vector<std::string> lines = split(text);
    if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
    return lines;
  }

  // What came since.
  std::vector<std::string> more() {
    std::vector<std::string> lines = rest();
    if (!is_replaced()) return lines;
    open();
    for (std::string& line : rest()) lines.push_back(std::move(line));
    return lines;
  }

 private:
  static std::size_t lines_in(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
  }

  void open() {
    file_.close();
    file_.clear();
    file_.open(path_, std::ios::binary);
    inode_ = inode_of_path();
  }

  std::optional<ino_t> inode_of_path() const {
    struct stat status{};
    return ::stat(path_.c_str(), &status) == 0 ? std::optional(status.st_ino) : std::nullopt;
  }

  // By another file, or by less of it.
  bool is_replaced() {
    const auto now = inode_of_path();
    if (!now) return false;
    std::error_code ignored;
    const std::streamoff position = file_.is_open() ? std::streamoff(file_.tellg()) : 0;
    const auto size = fs::file_size(path_, ignored);
    return now != inode_ || (!ignored && size < static_cast<std::uintmax_t>(std::max<std::streamoff>(position, 0)));
  }

  std::vector<std::string> rest() {
    std::string text;
    std::string part(block_size, '\0');
    while (file_.read(part.data(), static_cast<std::streamsize>(part.size())) || file_.gcount() > 0) {
      text.append(part, 0, static_cast<std::size_t>(file_.gcount()));
    }
    file_.clear();
    return split(text);
  }

  // The whole lines; what has no end yet is kept for the next time.
  std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> lines;
    begun_ += text;
    std::size_t begin = 0;
    for (auto end = begun_.find('\n'); end != std::string::npos; end = begun_.find('\n', begin)) {
      lines.push_back(begun_.substr(begin, end - begin));
      begin = end + 1;
    }
    begun_.erase(0, begin);
    return lines;
  }

  fs::path path_;
  std::ifstream file_;
  std::optional<ino_t> inode_;
  std::string begun_;
};

void print(Session& session, const std::string& line) {
  if (!session.json()) return session.print_line(line);
  auto json = parse_json(line);
  session.print_json_line(json && json->is_object() ? *json : Json{{"message", line}});
}

}  // namespace

LogPlace log_place(Session& session) {
  const Paths paths = session.environment().paths();
  const std::string configured = configured_file(session);
  if (!configured.empty()) return {configured};
  if (runs_in_unit(paths)) return {};
  return {paths.log()};
}

Outcome<Exit> show_log_file(Session& session, const fs::path& path, std::size_t lines, bool follow) {
  const QuietInterrupt interrupt;
  LogFile file(path);
  if (!file.is_open()) {
    return Failure{Exit::not_found, "there is no log yet at " + path.string() +
                                        "; a portd that something else started writes where that sends its stderr"};
  }
  for (const std::string& line : file.last(lines)) print(session, line);
  while (session.flush() && follow) {
    ::poll(nullptr, 0, look_again_ms);
    for (const std::string& line : file.more()) print(session, line);
  }
  return Exit::yes;
}

std::vector<std::string> journal_command(std::size_t lines, bool follow, bool json) {
  std::vector<std::string> command{"journalctl", "--user", "--unit", systemd_unit, "--lines", std::to_string(lines)};
  command.insert(command.end(), {"--no-pager", "--output", json ? "json" : "cat"});
  if (follow) command.emplace_back("--follow");
  return command;
}

}  // namespace portd::client
