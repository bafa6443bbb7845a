// libFuzzer target: any bytes as a baseline, an ignore file and a text with markers. Build with the
// `fuzz` preset.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "scanner/suppress/baseline.h"
#include "scanner/suppress/fingerprint.h"
#include "scanner/suppress/ignore_file.h"
#include "scanner/suppress/inline_marker.h"

namespace {

std::vector<kimiguard::Finding> findings() {
  kimiguard::Finding finding;
  finding.rule = "kimi-code-key";
  finding.secret = kimiguard::Secret("0123456789abcdef0123456789abcdef");
  for (const char* path : {"a.env", "dir/b.env"}) {
    kimiguard::Place place;
    place.path = place.uri = path;
    place.uri_base = "SRCROOT";
    place.region.line_without_secret = "KEY=";
    finding.places.push_back(place);
  }
  std::vector<kimiguard::Finding> all = {finding};
  kimiguard::suppress::assign_fingerprints(all);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kimiguard::suppress;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<kimiguard::Finding> all = findings();
  switch (data[0] % 4) {
    case 0: {
      const auto baseline = read_baseline(text, "f");
      if (baseline) apply_baseline(all, *baseline);
      break;
    }
    case 1: {
      const auto update = update_baseline(text, "f", all);
      // What was written is a baseline again.
      if (update && !read_baseline(update->text, "f")) __builtin_trap();
      break;
    }
    case 2: {
      const IgnoreFile file = read_ignore_file(text, "f");
      apply_ignore_file(all, file, "2026-11-24");
      // Every entry that was read can be written and read back.
      for (const IgnoreEntry& entry : file.entries) {
        const auto written = add_ignore_entry("", entry);
        if (!written || read_ignore_file(*written, "f").entries.size() != 1) __builtin_trap();
      }
      break;
    }
    default: {
      const Allowances allowances = read_markers(text, "f", Foreign::honour);
      for (const Allowance& allowance : allowances.allowed)
        if (allowance.first > allowance.last || allowance.first == 0) __builtin_trap();
    }
  }
  return 0;
}
