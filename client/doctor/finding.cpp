#include "client/doctor/finding.hpp"

namespace portd::client {

Json to_json(const Finding& finding) {
  return {{"id", finding.id},
          {"detail", finding.detail},
          {"fix", finding.fix},
          {"command", finding.command ? Json(*finding.command) : Json()}};
}

}  // namespace portd::client
