// What one fdatasync costs in a folder: writes 4 KiB and syncs, as SQLite's write-ahead log does. Prints JSON.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t block = 4096;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

// An open file that is gone afterwards.
class ProbeFile {
 public:
  explicit ProbeFile(std::filesystem::path path)
      : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600)) {
    if (descriptor_ < 0) fail("open");
  }
  ~ProbeFile() {
    ::close(descriptor_);
    std::filesystem::remove(path_);
  }
  ProbeFile(const ProbeFile&) = delete;
  ProbeFile& operator=(const ProbeFile&) = delete;

  void write(std::size_t index) const {
    if (::pwrite(descriptor_, content_.data(), block, static_cast<off_t>(index * block)) != block) fail("pwrite");
  }
  void sync() const {
    if (::fdatasync(descriptor_) != 0) fail("fdatasync");
  }

 private:
  std::filesystem::path path_;
  std::vector<char> content_ = std::vector<char>(block, 'x');
  int descriptor_;
};

// Write and sync together, block after block.
std::vector<double> probe(const ProbeFile& file, std::size_t count) {
  std::vector<double> times;
  for (std::size_t index = 0; index < count; ++index) {
    const auto started = Clock::now();
    file.write(index);
    file.sync();
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - started).count());
  }
  std::sort(times.begin(), times.end());
  return times;
}

double median(const std::vector<double>& sorted) { return sorted[sorted.size() / 2]; }

}  // namespace

int main(int argc, char** argv) {
  std::filesystem::path folder;
  std::size_t count = 100;
  CLI::App app{"Measures fdatasync in a folder.", "portd_sync_probe"};
  app.add_option("folder", folder)->required()->check(CLI::ExistingDirectory);
  app.add_option("--count", count, "How many syncs")->check(CLI::Range(1, 100'000));
  CLI11_PARSE(app, argc, argv);
  try {
    const ProbeFile file(folder / "sync-probe");
    const auto append = probe(file, count);     // the file grows: a young log
    const auto overwrite = probe(file, count);  // it does not: a log that was checkpointed
    const nlohmann::json report{{"append_p50_us", median(append)}, {"overwrite_p50_us", median(overwrite)}};
    std::printf("%s\n", report.dump().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "portd_sync_probe: %s\n", error.what());
    return 1;
  }
}
