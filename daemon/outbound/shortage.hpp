#pragma once

#include <boost/system/error_code.hpp>
#include <cerrno>

namespace portd::outbound {

// No descriptor, no memory, no process to be had: says nothing of the other end.
inline bool is_shortage(const boost::system::error_code& error) {
  if (error.category() != boost::system::system_category()) return false;
  const int number = error.value();
  return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM || number == EAGAIN;
}

}  // namespace portd::outbound
