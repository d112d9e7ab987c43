#include "config/interpolation.hpp"

#include <gtest/gtest.h>

namespace portd::config {
namespace {

std::string filled(const std::string& text) {
  const auto lookup = [](const ServiceReference& reference) -> Result<std::string> {
    if (reference.service == "gone") return Error{Problem::not_found, "gone is gone", {}};
    const char* field = reference.field == ServiceReference::Field::url    ? "url"
                        : reference.field == ServiceReference::Field::port ? "port"
                                                                           : "host";
    return "<" + reference.service + " " + field + " " + reference.role + ">";
  };
  const auto done = fill_in(text, {{"SET", "value"}, {"EMPTY", ""}}, lookup);
  return done ? *done : "error: " + done.error().detail;
}

TEST(Interpolation, FillsInVariablesAndTheirDefaults) {
  EXPECT_EQ(filled("a ${SET} b"), "a value b");
  EXPECT_EQ(filled("${EMPTY}"), "");
  EXPECT_EQ(filled("${EMPTY:-x}${UNSET:-y z}${UNSET:-}"), "xy z");
  EXPECT_EQ(filled("${UNSET:-http://localhost:5000/a}"), "http://localhost:5000/a");
}

TEST(Interpolation, FillsInWhatIsAskedOfServices) {
  EXPECT_EQ(filled("${services.api.url}/x"), "<api url >/x");
  EXPECT_EQ(filled("${services.api.port}${services.my.api.host}"), "<api port ><my.api host >");
  EXPECT_EQ(filled("${services.api.ports.debug}"), "<api port debug>");
  EXPECT_EQ(filled("${services.gone.url}"), "error: gone is gone");
}

TEST(Interpolation, ADollarIsItselfUnlessABraceFollows) { EXPECT_EQ(filled("$ $x $$ $${SET} 5$"), "$ $x $ ${SET} 5$"); }

TEST(Interpolation, SaysWhatIsWrong) {
  EXPECT_EQ(filled("${UNSET}"), "error: \"${UNSET}\" is not set; set the variable, or write ${UNSET:-a default}");
  EXPECT_NE(filled("${SET").find("is not closed"), std::string::npos);
  for (const char* text : {"${}", "${1A}", "${a b}", "${services.api}", "${services.api.uri}", "${services..url}",
                           "${services.api.ports.}", "${services.api.ports.A B}"}) {
    EXPECT_NE(filled(text).find("is no reference"), std::string::npos) << filled(text);
  }
}

}  // namespace
}  // namespace portd::config
