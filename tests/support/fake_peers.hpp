#pragma once

#include "daemon/core/peers.hpp"

namespace portd::test {

// Says of every connection what a test wants.
class FakePeers : public core::Peers {
 public:
  std::optional<uid_t> tcp = 1000;
  std::optional<core::Caller> local = core::Caller{1000, std::nullopt};
  mutable core::TcpPair asked;

  std::optional<uid_t> uid_of(const core::TcpPair& pair) const override {
    asked = pair;
    return tcp;
  }
  std::optional<core::Caller> of_unix_socket(int) const override { return local; }
};

}  // namespace portd::test
