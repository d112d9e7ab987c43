#include "daemon/store/store.hpp"

#include "daemon/store/disk_store.hpp"

namespace portd::store {

std::unique_ptr<Store> Store::open(Options options) {
  Opened opened = open_or_heal(options.paths);
  return std::make_unique<DiskStore>(std::move(options), std::move(opened));
}

}  // namespace portd::store
