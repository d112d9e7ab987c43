// The composition root: reads as a list of what exists and why.
#include "daemon/daemon.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <random>
#include <set>

#include "config/machine.hpp"
#include "daemon/api/server.hpp"
#include "daemon/api_token.hpp"
#include "daemon/command_line.hpp"
#include "daemon/containers/engine.hpp"
#include "daemon/core/announcer.hpp"
#include "daemon/core/discovery.hpp"
#include "daemon/core/event_log.hpp"
#include "daemon/core/expiry.hpp"
#include "daemon/core/health.hpp"
#include "daemon/core/identity.hpp"
#include "daemon/core/leases.hpp"
#include "daemon/core/recorder.hpp"
#include "daemon/core/registry.hpp"
#include "daemon/core/wiring.hpp"
#include "daemon/free_memory.hpp"
#include "daemon/health/prober.hpp"
#include "daemon/metrics/metrics.hpp"
#include "daemon/notify/notifier.hpp"
#include "daemon/platform/platform.hpp"
#include "daemon/portserver/portserver.hpp"
#include "daemon/private_folder.hpp"
#include "daemon/state_lock.hpp"
#include "daemon/store/history.hpp"
#include "daemon/store/store.hpp"
#include "daemon/watch/endpoint_watch.hpp"
#include "daemon/watch/kernel_watch.hpp"
#include "daemon/watch/machine_watch.hpp"

namespace portd {
namespace {

namespace asio = boost::asio;

Now read_clocks() {
  return {std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()), std::chrono::steady_clock::now()};
}

// Of what is counted anew each time portd starts.
std::uint64_t new_epoch() {
  std::random_device random;
  return std::uniform_int_distribution<std::uint64_t>()(random);
}

core::Leases::Rules rules_of(const config::Settings& settings) {
  core::Leases::Rules rules;
  rules.ports.ranges = settings.ports.ranges;
  rules.ports.strategy = settings.ports.strategy;
  rules.ports.on_conflict = settings.ports.on_conflict;
  rules.ports.hold = settings.ports.hold;
  for (const PortRange& range : settings.ports.exclude) {
    for (std::uint32_t number = range.first.number(); number <= range.last.number(); ++number) {
      rules.ports.excluded.insert(Port(static_cast<std::uint16_t>(number)));
    }
  }
  rules.ttl = settings.leases.ttl;
  rules.memory = settings.leases.memory;
  return rules;
}

store::HistoryLimits limits_of(const config::Settings& settings) {
  return {settings.history.max_age, settings.history.max_size};
}

std::string_view condition_text(store::Condition condition) {
  switch (condition) {
    case store::Condition::fresh:
      return "fresh";
    case store::Condition::good:
      return "good";
    case store::Condition::rebuilt:
      return "rebuilt";
    case store::Condition::read_only:
      return "read-only";
    case store::Condition::restored:
      return "restored";
    case store::Condition::lost:
      return "lost";
  }
  return "";
}

// Commands are in nobody's hands but the user's own configuration.
core::Health::Configured configured_checks(const config::Settings& settings) {
  core::Health::Configured configured;
  for (const auto& [key, checks] : settings.checks.commands) {
    for (const auto& [id, check] : checks) configured[key].push_back(check);
  }
  return configured;
}

std::set<AlertKind> muted_alerts(const config::Settings& settings) {
  std::set<AlertKind> kinds;
  for (const std::string& word : settings.alerts.mute) {
    if (const auto kind = from_text<AlertKind>(word)) kinds.insert(*kind);
  }
  return kinds;
}

notify::Notifier::Options notice_of(const config::Settings& settings) {
  const auto webhook = parse_http_url(settings.alerts.webhook);
  return {settings.alerts.desktop, webhook ? std::optional(*webhook) : std::nullopt};
}

class Daemon {
 public:
  Daemon(Configuration& configuration, const Paths& paths)
      : configuration_(configuration),
        paths_(paths),
        lock_(paths.lock()),
        platform_(platform::create_platform(loop_)),
        store_(store::Store::open(store_options())),
        leases_(rules_of(settings()), *platform_.holds, *platform_.processes, *platform_.listeners, *store_, alerts_,
                read_clocks, std::random_device{}()),
        registry_({settings().checks.allowed_hosts}, leases_, *store_),
        events_(*store_),
        machine_(*platform_.listeners, *platform_.processes, ::geteuid(), ephemeral_),
        identity_(leases_, *platform_.listeners, machine_, *platform_.processes, ::geteuid()),
        health_(configured_checks(settings()), registry_, identity_, events_, alerts_, read_clocks),
        discovery_(registry_, health_),
        prober_(health::create_prober(loop_, health_, {.descriptors_before = descriptors_.soft_before})),
        announcer_(events_, leases_, registry_, health_, read_clocks),
        history_(history_options()),
        recorder_(history_, leases_, *platform_.processes, ::geteuid(), read_clocks),
        watch_(leases_, machine_, *platform_.processes, alerts_, ::geteuid()),
        expiry_(
            leases_, alerts_, [this] { watch_.look(read_clocks()); }, platform::suspended_time()),
        server_(api::create_server(loop_, api_context(), api_access(), {})),
        portserver_(loop_, portserver_context(), alerts_, {}) {}

  int run() {
    core::connect(leases_, registry_, health_, *prober_, announcer_, alerts_);
    alerts_.on_changed([this](const Alert& alert) { notifier_.tell(alert); });
    record();
    alerts_.mute(muted_alerts(settings()));
    configuration_.on_changed([this](const config::Settings& changed) { use(changed); });
    machine_.ask(engine_);
    restore_leases();
    open_endpoints();
    schedule_watch();
    schedule_expiry();
    await_reload();
    await_end();
    announce();
    loop_.run();
    store_->stop();
    end_records();
    remove_endpoint(paths_);
    spdlog::info("stopped");
    return 0;
  }

 private:
  // configuration: what can change while it runs

  const config::Settings& settings() const { return configuration_.settings(); }

  void use(const config::Settings& changed) {
    alerts_.mute(muted_alerts(changed));
    notifier_.use(notice_of(changed));
    leases_.use(rules_of(changed));
    registry_.use({changed.checks.allowed_hosts});
    health_.use(configured_checks(changed));
    history_.use(limits_of(changed));
    server_->allow_hosts(changed.api.allowed_hosts);
    if (engine_.use(changed.watch.docker_socket)) machine_.ask_again();
    schedule_watch();
    events_.tell(core::EventKind::config_reloaded, read_clocks().wall, std::monostate());
  }

  // store: the leases on disk, owned by its writer thread

  store::Store::Options store_options() {
    store::Store::Options options;
    options.paths = paths_;
    options.post = [this](std::function<void()> task) { asio::post(loop_, std::move(task)); };
    options.fatal = [this](const std::string& reason) { give_up(reason); };
    options.on_commit = [this](std::size_t changes, auto took) { metrics_.commits().committed(changes, took); };
    return options;
  }

  // The disk broke a promise: whoever waits must not be answered, so nothing is wound down.
  [[noreturn]] void give_up(const std::string& reason) {
    spdlog::critical("store failed; not acknowledging anything more reason=\"{}\"", reason);
    spdlog::shutdown();
    std::_Exit(exit_io);
  }

  Json store_status() const {
    const store::Status status = store_->status();
    return {{"condition", condition_text(status.condition)},
            {"detail", status.detail.empty() ? history_.trouble() : status.detail},
            {"disk_full", status.disk_full},
            {"commits", status.commits},
            {"changes", status.changes},
            {"pending", status.pending},
            {"last_backup", status.last_backup ? Json(to_rfc3339(*status.last_backup)) : Json()}};
  }

  void tell_store_alerts(Now now) {
    const store::Status status = store_->status();
    const bool wrong = status.disk_full || status.condition == store::Condition::read_only ||
                       status.condition == store::Condition::restored || status.condition == store::Condition::lost;
    if (!wrong) {
      alerts_.resolve(AlertKind::store_degraded, "store");
    } else {
      alerts_.report(AlertKind::store_degraded, "store", status.detail, now.wall);
    }
  }

  // history: who had which port when, owned by a thread of its own

  store::History::Options history_options() {
    store::History::Options options;
    options.file = paths_.history();
    options.enabled = settings().history.enabled;
    options.limits = limits_of(settings());
    options.post = [this](std::function<void()> task) { asio::post(loop_, std::move(task)); };
    return options;
  }

  // Whom the recorder listens to, beside the journal; Prometheus counts events, too.
  void record() {
    health_.tell(recorder_);
    machine_.tell(recorder_);
    events_.on_published([this](const core::Event& event) {
      recorder_.heard(event);
      metrics_.events().published(event);
    });
  }

  void end_records() {
    recorder_.hand_over(read_clocks());
    history_.stop();
  }

  // leases: what was kept comes back, and is compared with the kernel before anything is granted

  void restore_leases() {
    const Now now = read_clocks();
    store::Contents contents = store_->take_contents();
    const std::size_t count = contents.leases.size();
    store_->start(journal_listeners_);
    leases_.restore(std::move(contents.leases), std::move(contents.remembered), now);
    recorder_.begin(now);
    registry_.restore(std::move(contents.registrations), now);
    watch_.look(now);
    tell_store_alerts(now);
    spdlog::info("leases restored count={} services={} store={}", count, registry_.all().size(),
                 condition_text(store_->status().condition));
  }

  // api: one server on loopback TCP and on the unix socket

  api::Context api_context() {
    return {leases_,
            *store_,
            *platform_.processes,
            machine_,
            *platform_.peers,
            alerts_,
            registry_,
            health_,
            discovery_,
            events_,
            history_,
            recorder_,
            configuration_,
            metrics_,
            read_clocks,
            [this] { watch_.look(read_clocks()); },
            [this] { return store_status(); },
            read_clocks().wall,
            platform::platform_name(),
            ephemeral_};
  }

  api::Access api_access() const { return {::geteuid(), make_token(paths_.token()), settings().api.allowed_hosts}; }

  void open_endpoints() {
    bool has_tcp = false;
    for (const int descriptor : platform::inherited_sockets()) {
      auto adopted = server_->adopt_listener(descriptor);
      if (!adopted) throw std::runtime_error(adopted.error().detail);
      if (adopted->has_value()) {
        port_ = **adopted;
        has_tcp = true;
      } else {
        has_unix_ = true;
      }
    }
    if (!has_unix_) {
      if (auto bound = server_->bind_unix(paths_.socket()); !bound) throw AlreadyRunning(bound.error().detail);
    }
    if (!has_tcp) bind_tcp();
    server_->start();
    open_portserver();
  }

  // portserver: ports for test suites that use portpicker, from the same leases

  portserver::Context portserver_context() {
    return {leases_, *store_, *platform_.processes, *platform_.peers, read_clocks, ::geteuid()};
  }

  // Nobody's service depends on it, so portd runs without it, too.
  void open_portserver() {
    const auto bound = portserver_.bind(paths_.portserver());
    if (!bound) spdlog::warn("no portserver detail=\"{}\"", bound.error().detail);
    portserver_.start();
  }

  // Port 7700 taken: the next free of 7701-7710, and an alert that names the owner.
  void bind_tcp() {
    constexpr int spare_ports = 10;
    const std::uint16_t first = settings().api.port;
    for (int step = 0; step <= (first == 0 ? 0 : spare_ports); ++step) {
      const auto port = server_->bind_tcp(static_cast<std::uint16_t>(first + step));
      if (!port) continue;
      port_ = *port;
      if (step > 0) endpoint_.fell_back(Port(first), *port, read_clocks().wall);
      return;
    }
    throw std::runtime_error("ports " + std::to_string(first) + " to " + std::to_string(first + spare_ports) +
                             " are all in use; choose another with --port");
  }

  void announce() {
    const std::string url = "http://127.0.0.1:" + port_.text();
    write_endpoint(paths_, {url, paths_.socket().string(), ::getpid()});
    platform::notify_supervisor("READY=1");
    spdlog::info("ready url=http://localhost:{} socket={} portserver={} version={}", port_.text(),
                 paths_.socket().string(), portserver_.path().string(), PORTD_VERSION);
  }

  // timers and signals

  void schedule_watch() {
    watch_timer_.expires_after(settings().watch.interval);
    watch_timer_.async_wait([this](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      const Now now = read_clocks();
      watch_.look(now);
      endpoint_.look(now.wall);
      leases_.end_orphans(now);
      registry_.end_orphans(now);
      tell_store_alerts(now);
      forget_old(now);
      recorder_.look(now);
      tidy_memory(now);
      schedule_watch();
    });
  }

  // The first time soon after the start, which takes most.
  void tidy_memory(Now now) {
    if (now.steady < memory_due_) return;
    memory_due_ = now.steady + std::chrono::minutes(1);
    give_back_free_memory();
  }

  void forget_old(Now now) {
    if (now.steady - last_forget_ < std::chrono::hours(1)) return;
    last_forget_ = now.steady;
    store_->forget(leases_.forget_old(now));
  }

  void schedule_expiry() {
    leases_.on_expiry_changed([this] { arm_expiry(); });
    arm_expiry();
  }

  void arm_expiry() {
    const auto due = leases_.next_due();
    if (!due) return;
    expiry_timer_.expires_at(*due);
    expiry_timer_.async_wait([this](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      expiry_.run(read_clocks(), platform::suspended_time());
      asio::post(loop_, [this] { arm_expiry(); });
    });
  }

  void await_reload() {
    reload_signal_.async_wait([this](const boost::system::error_code& cancelled, int) {
      if (cancelled) return;
      configuration_.reload();
      await_reload();
    });
  }

  void await_end() {
    end_signals_.async_wait([this](const boost::system::error_code& cancelled, int signal) {
      if (cancelled) return;
      spdlog::info("stopping signal={}", signal);
      platform::notify_supervisor("STOPPING=1");
      server_->stop([this] { stop_when_all_have(); });
      portserver_.stop([this] { stop_when_all_have(); });
    });
  }

  // No coroutine is alive any more once the servers have stopped, so the loop may be.
  void stop_when_all_have() {
    if (--serving_ == 0) loop_.stop();
  }

  Configuration& configuration_;
  const Paths& paths_;
  StateLock lock_;                                                              // one portd a state folder
  platform::DescriptorLimit descriptors_ = platform::raise_descriptor_limit();  // a hold takes two
  metrics::Metrics metrics_{read_clocks().wall};                                // what Prometheus reads of it
  asio::io_context loop_{1};  // the one thread of all domain state, HTTP and timers
  asio::signal_set reload_signal_{loop_, SIGHUP};
  core::Alerts alerts_{new_epoch(), [] { return read_clocks().wall; }};                // what a person should know
  notify::Notifier notifier_{loop_, notice_of(settings()), descriptors_.soft_before};  // tells that person
  platform::Platform platform_;  // holds, processes, listeners, peers of this system
  std::unique_ptr<store::Store> store_;
  core::Leases leases_;      // who has which port
  core::Registry registry_;  // what runs on them
  core::EventLog events_;    // what happened, in order
  const std::optional<PortRange> ephemeral_ = config::this_machine().ephemeral;
  containers::Engine engine_{loop_, settings().watch.docker_socket};  // whose published ports are
  watch::MachineWatch machine_;                                       // what listens on this machine
  core::Identity identity_;                                           // whether it is the service that answers
  core::Health health_;                                               // how what is registered is
  core::Discovery discovery_;                                         // what readers find of it
  std::unique_ptr<core::Prober> prober_;                              // makes the checks
  core::Announcer announcer_;                                         // makes events of changes
  store::History history_;                                            // who had which port when, and statistics
  core::Recorder recorder_;                                           // what goes into it
  core::JournalListeners journal_listeners_{&leases_, &registry_, &announcer_, &recorder_};
  watch::KernelWatch watch_;                          // compares the leases with what listens
  watch::EndpointWatch endpoint_{machine_, alerts_};  // says who has portd's own port
  core::Expiry expiry_;                               // ends ttl leases
  std::unique_ptr<api::Server> server_;
  portserver::Portserver portserver_;
  int serving_ = 2;  // of the two
  asio::steady_timer watch_timer_{loop_};
  asio::steady_timer expiry_timer_{loop_};
  asio::signal_set end_signals_{loop_, SIGTERM, SIGINT};
  Port port_{1};
  bool has_unix_ = false;
  SteadyPoint last_forget_{};
  SteadyPoint memory_due_ = read_clocks().steady + std::chrono::seconds(2);
};

}  // namespace

int run_daemon(Configuration& configuration, const Paths& paths) {
  make_private_folder(paths.state);
  make_private_folder(paths.runtime);
  return Daemon(configuration, paths).run();
}

}  // namespace portd
