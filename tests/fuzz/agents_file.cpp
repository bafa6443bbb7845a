// libFuzzer target: any bytes as a project file of some tool, or of none, and the verdicts on it. The first byte
// names the file. Build with the `fuzz` preset.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "scanner/agents/audit.h"
#include "scanner/agents/built_in_profiles.h"
#include "scanner/rulebook/built_in.h"

namespace {

constexpr std::array<const char*, 16> kNames = {
    ".env", ".claude/settings.json", "opencode.json", ".mcp.json", "docker-compose.yml", ".github/workflows/a.yml",
    "a.py", "a.ts", "a.toml", ".aider.conf.yml", "litellm/config.yaml", "values.yaml", "a.ipynb", "x.sh", "crush.json", "a.ini"};

struct Known {
  Known() : profiles(*kimiguard::agents::read_profiles(kimiguard::agents::built_in_profile_files())) {}
  kimiguard::agents::Profiles profiles;
  kimiguard::Rulebook book = *kimiguard::read_rulebook(kimiguard::built_in_rule_files());
  kimiguard::agents::FileReader reader{profiles, book};
  kimiguard::kimi::Judge judge{book};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Known known;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto file = known.reader.read(kNames[data[0] % kNames.size()], text);
  for (const kimiguard::Connection& connection : file.connections)
    for (const kimiguard::Finding& finding : known.judge.verdict(connection))
      if (finding.places.empty()) __builtin_trap();
  known.judge.verdict_across(file.connections);
  return 0;
}
