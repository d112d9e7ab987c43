#pragma once

#include <string>
#include <vector>

#include "config/mistake.hpp"
#include "config/originals.hpp"

namespace portd::config {

// A name out of what people call things. Where nothing usable is left ("項目"), a hash stands for it.
std::string project_name(const std::string& original);

// What the schema cannot say of a merged project: services of one name, ports asked for twice, cycles, references to
// what is not there, checks that contradict themselves. Takes any tree; what has the wrong shape is passed over.
void check_project(const Value& merged, const Originals& originals, std::vector<Mistake>& mistakes);

}  // namespace portd::config
