#include "scanner/cli/config_text.h"

#include <algorithm>
#include <array>

#include "scanner/agents/loose_connections.h"
#include "scanner/config/reader.h"

namespace kimiguard::cli {
namespace {

// Larger ones are data. 99 of 100 configs in public repositories are under 64 KiB; a lock file is not.
constexpr std::size_t kMostBytes = std::size_t{2} << 20;

// In a tool's own file these send traffic or run a helper, whoever is named in it.
constexpr std::array<std::string_view, 6> kRedirects = {"ase_url", "ASE_URL", "aseU", "KeyHelper", "pi_base", "PI_BASE"};
constexpr std::array<std::string_view, 5> kNames = {"moonshot", "kimi", "MOONSHOT", "KIMI", "Kimi"};

template <std::size_t N>
bool has_any(std::string_view bytes, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return bytes.find(word) != std::string_view::npos; });
}

}  // namespace

bool may_hold_settings(std::string_view path, std::string_view bytes, bool holds_key) {
  if (bytes.empty() || bytes.size() > kMostBytes) return false;
  if (holds_key && agents::is_source(path)) return true;
  if (!config::format_of(path, {})) return false;
  return holds_key || has_any(bytes, kNames) || has_any(bytes, kRedirects);
}

}  // namespace kimiguard::cli
