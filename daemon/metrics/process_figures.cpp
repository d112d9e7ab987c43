#include "daemon/metrics/process_figures.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon/metrics/figures.hpp"

namespace portd::metrics {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void add_cpu(Families& families) {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return;
  families.push_back(figure("process_cpu_seconds_total", "User and system time of portd.",
                            seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), prometheus::MetricType::Counter));
}

// /proc/self/statm of proc(5): the size and what of it is resident, in pages.
void add_memory(Families& families) {
  double size = 0;
  double resident = 0;
  if (std::ifstream statm("/proc/self/statm"); !(statm >> size >> resident)) return;
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  families.push_back(figure("process_virtual_memory_bytes", "Virtual memory of portd.", size * page));
  families.push_back(figure("process_resident_memory_bytes", "Resident memory of portd.", resident * page));
}

// Linux 6.2 and later say it as the size of the folder; with a hold for every lease, counting takes its time.
double open_descriptors() {
  const std::filesystem::path folder = "/dev/fd/";
  struct stat status{};
  if (::stat(folder.c_str(), &status) == 0 && status.st_size > 0) return static_cast<double>(status.st_size);
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    ++count;
  }
  return count;
}

void add_descriptors(Families& families) {
  families.push_back(figure("process_open_fds", "Open descriptors of portd.", open_descriptors()));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  families.push_back(
      figure("process_max_fds", "Descriptors that portd may open.", static_cast<double>(limit.rlim_cur)));
}

}  // namespace

std::vector<prometheus::MetricFamily> process_figures(TimePoint started_at) {
  Families families;
  add_cpu(families);
  add_memory(families);
  add_descriptors(families);
  const double started = std::chrono::duration<double>(started_at.time_since_epoch()).count();
  families.push_back(figure("process_start_time_seconds", "When portd started, in seconds since 1970.", started));
  return families;
}

}  // namespace portd::metrics
