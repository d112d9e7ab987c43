#include "common/service.hpp"

namespace portd {

std::string InstanceKey::text() const { return Key{project, service, instance, Key{}.role}.text(); }

std::string Instance::url() const {
  const bool v6 = host.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + host + "]" : host) + ":" + port.text();
}

InstanceKey instance_of(const Key& key) { return {key.project, key.service, key.instance}; }

}  // namespace portd
