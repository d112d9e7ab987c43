// What the rules cost without disk and kernel: does finding a free port stay flat as the range fills?
#include <benchmark/benchmark.h>

#include "tests/support/lease_world.hpp"

namespace portd {
namespace {

// 10,000 ports of which none is barred.
constexpr PortRange range{Port(30000), Port(39999)};
constexpr int forget_every = 256;

Key key_of(std::uint64_t number) {
  Key key;
  key.service = "service-" + std::to_string(number);
  return key;
}

core::PortSet taken_ports(std::int64_t count) {
  core::PortSet taken;
  core::Allocator allocator(1);
  for (std::int64_t number = 0; number < count; ++number) {
    const Port start = allocator.start(Strategy::hash, key_of(static_cast<std::uint64_t>(number)), range, taken);
    if (const auto port = core::Candidates(taken, range, start).next()) taken.insert(*port);
  }
  return taken;
}

void FindFreePort(benchmark::State& state) {
  const core::PortSet taken = taken_ports(state.range(0));
  core::Allocator allocator(1);
  std::uint64_t number = 1'000'000;
  for (auto step : state) {
    const Port start = allocator.start(Strategy::hash, key_of(++number), range, taken);
    benchmark::DoNotOptimize(core::Candidates(taken, range, start).next());
  }
}
BENCHMARK(FindFreePort)->Arg(10)->Arg(9'000)->Arg(9'999);

core::Leases::Rules rules() {
  core::Leases::Rules rules = test::LeaseWorld::range(range.first.number(), range.last.number());
  rules.memory = Millis(0);
  return rules;
}

// So that the memory of what was released does not grow with the number of steps.
void forget_released(test::LeaseWorld& world) {
  world.journal.durable.clear();
  world.holds.dropped.clear();
  world.clock.advance(Millis(1));
  world.leases.forget_old(world.clock.now());
}

void GrantAndReleaseFreshKey(benchmark::State& state) {
  test::LeaseWorld world(rules());
  std::uint64_t number = 0;
  for (std::int64_t taken = 0; taken < state.range(0); ++taken) world.granted(key_of(++number).service);
  for (auto step : state) {
    world.release(world.granted(key_of(++number).service).port);
    if (number % forget_every != 0) continue;
    state.PauseTiming();
    forget_released(world);
    state.ResumeTiming();
  }
}
BENCHMARK(GrantAndReleaseFreshKey)->Arg(10)->Arg(9'000)->Arg(9'999);

}  // namespace
}  // namespace portd

BENCHMARK_MAIN();
