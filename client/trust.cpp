#include "client/trust.hpp"

#include "common/file.hpp"
#include "common/sha256.hpp"

namespace portd::client {
namespace {

constexpr std::size_t largest_file = 4'194'304;
constexpr std::size_t whole_digest = 64;

// Over the paths and the contents of all files of the project, as they were read, each with its length before it.
std::string digest_of(const config::Project& project) {
  std::string whole;
  for (const auto& source : project.sources) {
    for (const std::string& part : {source->name, source->content}) whole += std::to_string(part.size()) + ":" + part;
  }
  return sha256_hex(whole, whole_digest);
}

}  // namespace

Trust::Trust(const Paths& paths) : file_(paths.trusted()) {}

Outcome<Json> Trust::read() const {
  const auto content = read_file(file_, largest_file);
  if (!content) {
    if (content.error().problem == Problem::not_found) return Json::object();
    return Failure{Exit::configuration, content.error().detail};
  }
  const auto json = parse_json(*content);
  if (!json || !json->is_object() || !json->value("trusted", Json::object()).is_object()) {
    return Failure{Exit::configuration, file_.string() + " is damaged; remove it and trust your projects again"};
  }
  return json->value("trusted", Json::object());
}

Outcome<void> Trust::write(const Json& trusted) const {
  auto written = replace_durably(file_, Json{{"trusted", trusted}}.dump(2) + "\n");
  if (!written) return Failure{Exit::no, written.error().detail};
  return {};
}

Outcome<bool> Trust::covers(const config::Project& project) const {
  const auto trusted = read();
  if (!trusted) return trusted.error();
  return trusted->value(project.file.string(), Json()) == Json(digest_of(project));
}

Outcome<void> Trust::give(const config::Project& project) {
  auto trusted = read();
  if (!trusted) return trusted.error();
  (*trusted)[project.file.string()] = digest_of(project);
  return write(*trusted);
}

Outcome<bool> Trust::take(const std::filesystem::path& file) {
  auto trusted = read();
  if (!trusted) return trusted.error();
  if (trusted->erase(file.string()) == 0) return false;
  if (auto written = write(*trusted); !written) return written.error();
  return true;
}

Outcome<std::vector<std::string>> Trust::files() const {
  const auto trusted = read();
  if (!trusted) return trusted.error();
  std::vector<std::string> files;
  for (const auto& [file, digest] : trusted->items()) files.push_back(file);
  return files;
}

}  // namespace portd::client
