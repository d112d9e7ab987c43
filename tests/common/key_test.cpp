#include "common/key.hpp"

#include <gtest/gtest.h>

#include "common/sha256.hpp"

namespace portd {
namespace {

TEST(Key, TextLeavesOutWhatIsDefault) {
  EXPECT_EQ((Key{.service = "shop"}).text(), "shop");
  EXPECT_EQ((Key{.project = "acme", .service = "shop", .instance = "feature-x", .role = "debug"}).text(),
            "acme/shop@feature-x:debug");
}

TEST(Key, IsReadBackAsItWasWritten) {
  for (const char* text : {"shop", "acme/shop", "shop@feature-x", "shop:debug", "acme/shop@feature-x:debug"}) {
    EXPECT_EQ(Key::parse(text).value().text(), text);
  }
}

TEST(Key, StatedDefaultsAreTheSameKey) {
  EXPECT_EQ(Key::parse("default/shop@main:http").value(), Key::parse("shop").value());
}

std::string wrong_part_of(std::string_view text) {
  const Error error = Key::parse(text).error();
  return std::get<std::string>(error.facts.at(0).value);
}

TEST(Key, NamesThePartThatIsWrong) {
  EXPECT_EQ(wrong_part_of(""), "service");
  EXPECT_EQ(wrong_part_of("acme/"), "service");
  EXPECT_EQ(wrong_part_of("/shop"), "project");
  EXPECT_EQ(wrong_part_of("a/b/c"), "service");
  EXPECT_EQ(wrong_part_of("shop@"), "instance");
  EXPECT_EQ(wrong_part_of("shop:"), "role");
  EXPECT_EQ(wrong_part_of("shop:debug@x"), "role");
}

TEST(KeyParts, HoldsOnlyWhatWasStated) {
  const KeyParts parts = KeyParts::parse("shop:debug").value();
  EXPECT_EQ(parts.service, "shop");
  EXPECT_EQ(parts.role, "debug");
  EXPECT_FALSE(parts.project);
  EXPECT_FALSE(parts.instance);
}

TEST(Name, HoldsLettersDigitsAndThreeSigns) {
  for (const char* name : {"a", "0", "web-1", "a.b_c"}) EXPECT_TRUE(is_valid_name(name)) << name;
  EXPECT_TRUE(is_valid_name(std::string(63, 'a')));
  EXPECT_FALSE(is_valid_name(std::string(64, 'a')));
  for (const char* name : {"", "-a", ".a", "_a", "A", "a b", "a/b", "é", "a\n"})
    EXPECT_FALSE(is_valid_name(name)) << name;
}

TEST(Name, RefusalOffersTheNearestName) {
  const Error error = checked_name("instance", "Feature X").error();
  EXPECT_EQ(error.problem, Problem::invalid_value);
  EXPECT_NE(error.detail.find("the instance \"Feature X\""), std::string::npos);
  EXPECT_NE(error.detail.find("try \"feature-x\""), std::string::npos);
}

TEST(ToName, MakesEveryOtherCharacterADash) {
  EXPECT_EQ(to_name("My Shop!v2"), "my-shop-v2");
  EXPECT_EQ(to_name("feature/login"), "feature-login");
  EXPECT_EQ(to_name("Caf\xc3\xa9 1"), "caf--1");  // one dash for two bytes of UTF-8
}

TEST(ToName, CutsOffWhatANameMayNotBeginOrEndWith) {
  EXPECT_EQ(to_name("._-shop--"), "shop");
  EXPECT_EQ(to_name("@acme/"), "acme");
  EXPECT_EQ(to_name("shop."), "shop.");
}

TEST(ToName, IsEmptyWhenNothingIsLeft) {
  EXPECT_EQ(to_name(""), "");
  EXPECT_EQ(to_name("---"), "");
  EXPECT_EQ(to_name("\xe9\xa0\x85"), "");
}

TEST(ToName, ShortensWithAHashOfTheOriginal) {
  const std::string upper(64, 'A');
  EXPECT_EQ(to_name(std::string(63, 'a')), std::string(63, 'a'));
  EXPECT_EQ(to_name(upper), std::string(54, 'a') + "-" + sha256_hex(upper, 8));
  EXPECT_NE(to_name(upper), to_name(std::string(64, 'a')));
  EXPECT_TRUE(is_valid_name(to_name(upper)));
}

TEST(ToName, GivesAValidNameOrNoneForEveryTwoBytes) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string name = to_name(std::string{static_cast<char>(a), static_cast<char>(b)});
      ASSERT_TRUE(name.empty() || is_valid_name(name)) << a << " " << b;
    }
  }
}

}  // namespace
}  // namespace portd
