#include "daemon/api/request_log.hpp"

#include <spdlog/spdlog.h>

#include "common/printable.hpp"

namespace portd::api {
namespace {

std::string caller_text(const Request& request) {
  if (!request.local) return "tcp";
  return request.caller.pid ? "pid:" + std::to_string(*request.caller.pid) : "unix";
}

}  // namespace

RequestLog::RequestLog(const Request& request) : request_(request) {
  if (spdlog::should_log(spdlog::level::debug)) begin_ = std::chrono::steady_clock::now();
}

// The query is left out: it may hold what a log should not.
void RequestLog::answered(int status) const {
  if (!begin_) return;
  using Micros = std::chrono::microseconds;
  const auto took = std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now() - *begin_);
  spdlog::debug("request method={} path={} status={} us={} caller={}", request_.method, log_value(request_.path),
                status, took.count(), caller_text(request_));
}

void log_refused(const Error& error) {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  spdlog::debug("request refused status={} why={}", row_of(error.problem).http_status, log_value(error.detail));
}

}  // namespace portd::api
