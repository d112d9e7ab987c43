#include "common/sha256.hpp"

#include <gtest/gtest.h>

namespace portd {
namespace {

// FIPS 180-4, the examples of its appendix.
TEST(Sha256, GivesTheStandardsDigests) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, PrefixIsTheFirstEightBytesBigEndian) { EXPECT_EQ(sha256_prefix("abc"), 0xba7816bf8f01cfeaULL); }

TEST(Sha256, HexIsCutToTheDigitsAskedFor) { EXPECT_EQ(sha256_hex("abc", 8), "ba7816bf"); }

}  // namespace
}  // namespace portd
