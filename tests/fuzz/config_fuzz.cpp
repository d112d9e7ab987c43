// Any text as a file of settings or of a project: read or refused with words that fit in a terminal, and mended by each
// of the fixes that are offered. The first byte chooses: '0' settings in YAML, '1' in JSON, '2' and '3' a project.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "config/originals.hpp"
#include "config/project_check.hpp"
#include "config/settings.hpp"
#include "config/source_text.hpp"
#include "config/validation.hpp"

using namespace portd;
using namespace portd::config;

namespace {

constexpr std::size_t most_fixes = 16;

[[noreturn]] void fail(const std::string& why) {
  std::cerr << why << "\n";
  std::abort();
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f; }

struct Reading {
  bool json;
  bool project;

  std::string name() const { return json ? "portd.json" : "portd.yaml"; }

  std::vector<Mistake> read(const std::string& content) const {
    return project ? read_project(content) : read_settings(content);
  }

  std::vector<Mistake> read_project(const std::string& content) const {
    Document document = json ? read_json(name(), content) : read_yaml(name(), content);
    std::vector<Mistake> mistakes = std::move(document.mistakes);
    Originals originals;
    originals.add(document.root);
    validate(document.root, Scope::project, mistakes);
    require(document.root, mistakes);
    check_project(document.root, originals, mistakes);
    return mistakes;
  }

  std::vector<Mistake> read_settings(const std::string& content) const {
    Loaded loaded = load(name(), content);
    list_settings(loaded.merged, Scope::daemon);
    if (!has_errors(loaded.mistakes)) {
      const Loaded again = load("again.json", as_json(loaded.merged).dump());
      if (!(again.settings == loaded.settings)) fail("written and read they are others");
    }
    return std::move(loaded.mistakes);
  }

  static Loaded load(const std::string& name, const std::string& content) {
    return load_settings_with({.files = {{name, Layer::user}}}, name, content);
  }
};

void check(const Mistake& mistake) {
  const std::string text = describe(mistake);
  for (const char c : text) {
    if (is_control(c)) fail("control characters in: " + text);
  }
  if (text.size() > 8'192) fail("a message of " + std::to_string(text.size()) + " bytes");
  dump_json(to_json(mistake));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Reading reading{(data[0] & 1U) != 0, (data[0] & 2U) != 0};
  const std::string content(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto mistakes = reading.read(content);
  std::size_t fixes = 0;
  for (const Mistake& mistake : mistakes) {
    check(mistake);
    if (!mistake.fix || mistake.source == nullptr || ++fixes > most_fixes) continue;
    for (const Mistake& left : reading.read(config::apply(content, mistake.fix->edits))) check(left);
  }
  return 0;
}
