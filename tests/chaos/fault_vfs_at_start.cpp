// Puts the fault-injecting file layer under SQLite before main runs; the environment says which faults.
#include "tests/support/fault_vfs.hpp"

namespace {

[[maybe_unused]] const bool registered = [] {
  portd::test::register_fault_vfs();
  return true;
}();

}  // namespace
