#include "client/instance_text.hpp"

#include "client/key_options.hpp"

namespace portd::client {
namespace {

std::string joined(const std::vector<std::string>& texts, const char* separator) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : separator) + text;
  return all;
}

}  // namespace

std::string in_short(const std::string& text) {
  constexpr std::size_t longest = 160;
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string::npos) return "";
  std::string line = text.substr(from, text.find_first_of("\r\n", from) - from);
  if (line.size() <= longest) return line;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0U) == 0x80U) --end;  // not inside a UTF-8 sequence
  return line.substr(0, end) + "...";
}

std::string reason_of(const Instance& instance) {
  std::vector<std::string> parts;
  if (!instance.reason.empty()) parts.push_back(in_short(instance.reason));
  if (!instance.affected_by.empty()) parts.push_back("affected by " + joined(instance.affected_by, ", "));
  return joined(parts, "; ");
}

std::string obstacle_of(const Instance& instance) {
  if (instance.status == Status::passing || instance.status == Status::warning) return "";
  std::string text(to_text(instance.status));
  if (!instance.reason.empty()) text += ", " + in_short(instance.reason);
  for (const CheckReport& report : instance.checks) {
    if (report.status == Status::passing || report.status == Status::warning) continue;
    const std::string output = in_short(report.output);
    if (!output.empty() && text.find(output) == std::string::npos) text += ", " + report.check.id + ": " + output;
  }
  return text;
}

void print_instances(Session& session, const std::vector<ListedInstance>& instances, const Json& json) {
  if (session.json()) return session.print(json);
  const std::string project = project_of_folder(session.environment());
  Table table({"SERVICE", "INSTANCE", "STATUS", "URL", "TAGS", "REASON"});
  for (const auto& [instance, unused] : instances) {
    const InstanceKey service{instance.key.project, instance.key.service};
    table.add({name_here(service, project), instance.key.instance, std::string(to_text(instance.status)),
               instance.url(), joined(instance.tags, ","), reason_of(instance)});
  }
  session.print(table);
}

}  // namespace portd::client
