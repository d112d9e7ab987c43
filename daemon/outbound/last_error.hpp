#pragma once

#include <boost/system/error_code.hpp>
#include <cerrno>

namespace portd::outbound {

// What the system call before it set errno(3) to.
inline boost::system::error_code last_error() { return {errno, boost::system::system_category()}; }

}  // namespace portd::outbound
