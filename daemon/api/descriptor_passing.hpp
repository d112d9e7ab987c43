#pragma once

#include <boost/system/error_code.hpp>

#include "common/descriptor.hpp"

namespace portd::api {

// Sends one byte over a unix socket, and a descriptor with it (unix(7), SCM_RIGHTS). would_block: not now.
boost::system::error_code send_with(int socket, char byte, const Descriptor& descriptor);

}  // namespace portd::api
