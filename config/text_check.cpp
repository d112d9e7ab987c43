#include "config/text_check.hpp"

#include "config/document.hpp"
#include "config/originals.hpp"
#include "config/project_check.hpp"
#include "config/validation.hpp"

namespace portd::config {

std::vector<Mistake> mistakes_in_project_text(const std::string& content) {
  Document document = read_yaml("portd.yaml", content, Layer::project);
  std::vector<Mistake> mistakes = std::move(document.mistakes);
  validate(document.root, Scope::project, mistakes);
  if (document.root.find("extends") == nullptr) {
    if (!has_errors(mistakes)) require(document.root, mistakes);
    Originals originals;
    originals.add(document.root);
    check_project(document.root, originals, mistakes);
  }
  sort_by_place(mistakes);
  keep_most_told(mistakes);
  return mistakes;
}

}  // namespace portd::config
