#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "common/alert.hpp"
#include "tests/support/loop_world.hpp"

namespace portd::test {

inline Alert alert_number(int number, AlertState state = AlertState::raised) {
  Alert alert;
  alert.id = "a-beef-" + std::to_string(number);
  alert.subject = "20100";
  alert.detail = "port 20100 is leased to shop";
  alert.state = state;
  return alert;
}

}  // namespace portd::test
