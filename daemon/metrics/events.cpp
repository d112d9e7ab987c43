#include "daemon/metrics/events.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <string>

namespace portd::metrics {

Events::Events(prometheus::Registry& registry)
    : readers_(prometheus::BuildGauge()
                   .Name("portd_event_readers")
                   .Help("Clients that read GET /events.")
                   .Register(registry)
                   .Add({})) {
  auto& family =
      prometheus::BuildCounter().Name("portd_events_total").Help("Events that were told.").Register(registry);
  for (const auto& [kind, word] : Words<core::EventKind>::table) {
    counters_[kind] = &family.Add({{"event", std::string(word)}});
  }
}

void Events::published(const core::Event& event) { counters_.at(event.kind)->Increment(); }

void Events::readers_changed(int by) { readers_.Increment(by); }

}  // namespace portd::metrics
