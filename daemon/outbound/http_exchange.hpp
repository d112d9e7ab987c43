#pragma once

#include <functional>
#include <string>

#include "daemon/outbound/connect.hpp"
#include "daemon/outbound/http_answer.hpp"
#include "daemon/task.hpp"

// One request and its answer over a connection. Closing the socket ends the wait of either.
namespace portd::outbound {

// As far as the other end takes it: whoever closed early may have answered before.
Task<void> send(Socket& socket, std::string text);

// Reads until `decided`, or the answer has ended; the bytes that came. What is referred to outlives the call.
Task<std::size_t> receive(Socket& socket, HttpAnswer& answer, const std::function<bool()>& decided);

}  // namespace portd::outbound
