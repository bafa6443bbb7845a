// decode OBJECTS [THREADS] [none|cheap|wide] [auto|whole|windows] [all]: the walk with no matching, or
// with a stand-in for it: `cheap` looks for a literal, `wide` also takes the time of broad rules.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "scanner/source/git/objects/object_walk.h"

namespace {

using namespace kimiguard::git;

// What the built-in keys cost at the least: one literal of their prefix.
class LiteralFinder : public Finder {
 public:
  explicit LiteralFinder(FindCost cost) : cost_(cost) {}
  void find(std::string_view bytes, std::vector<Hit>& hits) override {
    static constexpr std::string_view kLiteral = "sk-kimi-";
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    while ((at = static_cast<const char*>(
                ::memmem(at, static_cast<std::size_t>(end - at), kLiteral.data(), kLiteral.size()))) != nullptr) {
      const auto begin = static_cast<std::size_t>(at - bytes.data());
      hits.push_back({begin, begin + kLiteral.size(), 0});
      ++at;
    }
  }
  std::size_t reach() const override { return 256; }
  FindCost cost() const override { return cost_; }

 private:
  FindCost cost_;
};

class Counter : public ObjectVisitor {
 public:
  Counter(std::unique_ptr<Finder> finder, bool all) : finder_(std::move(finder)), all_(all) {}
  Finder* finder() override { return finder_.get(); }
  unsigned every_object() const override { return all_ ? kEveryType : 0; }
  void object(const ObjectView&, const std::vector<Hit>& hits) override { found_ += hits.size(); }
  std::uint64_t found() const { return found_; }

 private:
  std::unique_ptr<Finder> finder_;
  bool all_;
  std::uint64_t found_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto argument = [&](int i, const char* otherwise) { return std::string(argc > i ? argv[i] : otherwise); };
  WalkOptions options;
  options.threads = static_cast<unsigned>(std::strtoul(argument(2, "2").c_str(), nullptr, 10));
  const std::string find = argument(3, "none");
  const std::string scan = argument(4, "auto");
  if (scan == "whole") options.scan = WalkOptions::Scan::whole;
  if (scan == "windows") options.scan = WalkOptions::Scan::windows;
  const bool all = argument(5, "") == "all";
  const auto start = std::chrono::steady_clock::now();
  auto store = ObjectStore::open(argv[1], HashKind::sha1);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    return 1;
  }
  const WalkReport report = walk(**store, options, [&](unsigned) -> std::unique_ptr<ObjectVisitor> {
    std::unique_ptr<Finder> finder;
    if (find != "none")
      finder = std::make_unique<LiteralFinder>(find == "wide" ? FindCost::wide() : FindCost::narrow());
    return std::make_unique<Counter>(std::move(finder), all);
  });
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto mb = [](std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; };
  std::printf(
      "decode %.3f s, %u threads, find %s %s: %llu objects %.0f MB; inflated %.0f rebuilt %.0f scanned %.0f "
      "MB; %llu by windows, %llu not rebuilt; %llu subtrees taken, %llu bases again; %zu gaps; user %.2f sys %.2f\n",
      seconds, options.threads, find.c_str(), scan.c_str(),
      static_cast<unsigned long long>(report.coverage.objects), mb(report.coverage.bytes),
      mb(report.stats.inflated), mb(report.stats.rebuilt), mb(report.stats.scanned),
      static_cast<unsigned long long>(report.stats.windows),
      static_cast<unsigned long long>(report.stats.not_rebuilt),
      static_cast<unsigned long long>(report.stats.subtrees_taken),
      static_cast<unsigned long long>(report.stats.bases_rebuilt), report.coverage.gaps.size(),
      static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) / 1e6,
      static_cast<double>(usage.ru_stime.tv_sec) + static_cast<double>(usage.ru_stime.tv_usec) / 1e6);
  for (const auto& gap : report.coverage.gaps)
    std::printf("  %s %s %llu\n", gap.code.c_str(), gap.place.c_str(), static_cast<unsigned long long>(gap.count));
  return 0;
}
