#pragma once

#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <optional>

#include "common/alert.hpp"
#include "common/http_url.hpp"
#include "daemon/notify/desktop.hpp"
#include "daemon/notify/webhook.hpp"

namespace portd::notify {

// Brings alerts to people: each change of one to the log and the webhook, what is raised to the desktop. Loop thread
// only.
class Notifier {
 public:
  struct Options {
    bool desktop = true;
    std::optional<HttpUrl> webhook{};
  };

  // `descriptors`: the soft RLIMIT_NOFILE that a program gets. `loop` must outlive it.
  Notifier(boost::asio::io_context& loop, const Options& options, std::optional<rlim_t> descriptors);

  void use(const Options& options);
  void tell(const Alert& alert);

 private:
  bool on_desktop_;
  Desktop desktop_;
  Webhook webhook_;
};

}  // namespace portd::notify
