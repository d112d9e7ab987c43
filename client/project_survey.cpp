#include "client/project_survey.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "client/variable_name.hpp"
#include "common/file.hpp"
#include "common/json.hpp"
#include "common/key.hpp"
#include "common/port.hpp"
#include "config/document.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  auto content = read_file(file, config::largest_document);
  return content ? std::move(*content) : "";
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

bool is_word_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; }

// "flask" as a word of its own: not that of "flask-cors".
bool names(const std::string& text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word_character(text[at - 1]);
    const std::size_t end = at + word.size();
    if (begins && (end >= text.size() || !is_word_character(text[end]))) return true;
  }
  return false;
}

std::optional<SurveyedService> flask_in(const fs::path& folder, const std::string& name) {
  for (const char* file : {"pyproject.toml", "requirements.txt", "requirements.in", "setup.cfg", "Pipfile"}) {
    if (!names(lower(content_of(folder / file)), "flask")) continue;
    return SurveyedService{
        .name = name, .roles = {"http"}, .command = "flask run", .found_by = std::string(file) + " names Flask"};
  }
  for (const char* file : {"app.py", "wsgi.py", "main.py"}) {
    if (content_of(folder / file).find("Flask(") == std::string::npos) continue;
    return SurveyedService{
        .name = name, .roles = {"http"}, .command = "flask run", .found_by = std::string(file) + " makes a Flask app"};
  }
  return std::nullopt;
}

std::optional<SurveyedService> node_in(const fs::path& folder, const std::string& name) {
  const auto package = parse_json(content_of(folder / "package.json"));
  if (!package || !package->is_object()) return std::nullopt;
  const Json scripts = package->value("scripts", Json::object());
  if (!scripts.is_object()) return std::nullopt;
  for (const auto& [script, command] : {std::pair("dev", "npm run dev"), std::pair("start", "npm start")}) {
    if (!scripts.contains(script)) continue;
    return SurveyedService{.name = name,
                           .roles = {"http"},
                           .command = command,
                           .found_by = "package.json has a script " + std::string(script)};
  }
  return std::nullopt;
}

// The role of a well-known image's port.
std::string role_of_image(const std::string& image) {
  static constexpr std::array<std::string_view, 10> known{"postgres", "mysql",     "mariadb",       "redis",   "mongo",
                                                          "rabbitmq", "memcached", "elasticsearch", "mailhog", "minio"};
  const auto found =
      std::ranges::find_if(known, [&image](std::string_view word) { return image.find(word) != std::string::npos; });
  return found == known.end() ? "http" : std::string(*found);
}

// The port inside of "127.0.0.1:5433:5432/tcp", "5432:5432" or "5432"; empty where it is not a bare number.
std::string inner_port(const config::Value& stated) {
  const config::Value* target = stated.find("target");
  std::string text = target != nullptr ? target->text : stated.text;
  text = text.substr(0, text.find('/'));
  const auto port = Port::parse(text.substr(text.rfind(':') + 1));
  return port ? port->text() : "";
}

// How the compose file gets the port that portd leases.
std::string advice_for(const std::string& name, const std::string& file, const std::string& inner) {
  if (inner.empty()) return "";
  return "in " + file + ": \"${" + variable_name(name) + "_PORT}:" + inner + "\", after portc env > .env";
}

std::optional<SurveyedService> composed(const config::Value& service, const std::string& file) {
  const config::Value* ports = service.find("ports");
  const std::string name = to_name(service.name);
  // The name goes into a command: one that compose itself would refuse (a shell's characters among them) is passed
  // over.
  const bool plain = service.name.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789._-") == std::string::npos;
  if (ports == nullptr || ports->children.empty() || name.empty() || !plain) return std::nullopt;
  const config::Value* image = service.find("image");
  // What is built from the checkout differs from worktree to worktree; a database from an image does not.
  const bool shared = image != nullptr && service.find("build") == nullptr;
  return SurveyedService{.name = name,
                         .roles = {role_of_image(image == nullptr ? "" : image->text)},
                         .command = "docker compose up " + service.name,
                         .shared = shared,
                         .found_by = file + " publishes a port of it",
                         .advice = advice_for(name, file, inner_port(ports->children[0]))};
}

std::vector<SurveyedService> compose_in(const fs::path& folder, std::vector<std::string>* unread) {
  std::vector<SurveyedService> services;
  for (const char* file : {"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}) {
    const std::string content = content_of(folder / file);
    if (content.empty()) continue;
    const config::Document document = config::read_yaml(file, content);
    const config::Value* found = document.root.find("services");
    if (!document.mistakes.empty() && unread != nullptr) {
      unread->push_back(document.mistakes.front().where() + ": " + document.mistakes.front().message);
    }
    if (found == nullptr) continue;
    for (const config::Value& each : found->children) {
      if (auto service = composed(each, file)) services.push_back(std::move(*service));
    }
    break;
  }
  return services;
}

}  // namespace

std::vector<SurveyedService> survey(const fs::path& folder, const std::string& own_name,
                                    std::vector<std::string>* unread) {
  std::vector<SurveyedService> services;
  if (auto flask = flask_in(folder, own_name)) services.push_back(std::move(*flask));
  if (auto node = node_in(folder, services.empty() ? own_name : "frontend")) services.push_back(std::move(*node));
  for (SurveyedService& each : compose_in(folder, unread)) {
    if (std::ranges::find(services, each.name, &SurveyedService::name) == services.end()) {
      services.push_back(std::move(each));
    }
  }
  if (services.empty()) services.push_back({.name = own_name, .roles = {"http"}});
  return services;
}

}  // namespace portd::client
