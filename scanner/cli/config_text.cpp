#include "scanner/cli/config_text.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "scanner/agents/loose_connections.h"
#include "scanner/config/reader.h"
#include "scanner/core/processor.h"

namespace kimiguard::cli {
namespace {

// Larger ones are data. 99 of 100 configs in public repositories are under 64 KiB; a lock file is not.
constexpr std::size_t kMostBytes = std::size_t{2} << 20;

// In a tool's own file these send traffic or run a helper, whoever is named in it.
constexpr std::array<std::string_view, 6> kRedirects = {"ase_url", "ASE_URL", "aseU", "KeyHelper", "pi_base", "PI_BASE"};
constexpr std::array<std::string_view, 7> kConnects = {"api.moonshot.", "api.kimi.", "kimi.com/", "kimi.ai/", "MOONSHOT", "KIMI_", "moonshot_"};

constexpr std::size_t kReach = 8;

// Whether something like "kimi" or "moonshot", in small or capital letters, begins up to kReach bytes before the end. A
// plain loop that the compiler makes vectors of.
__attribute__((always_inline)) inline bool begins_kimi(std::string_view bytes) {
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  const std::size_t size = bytes.size() < kReach ? 0 : bytes.size() - kReach;
  constexpr std::size_t kBlock = 4096;
  for (std::size_t at = 0; at < size; at += kBlock) {
    const std::size_t end = std::min(at + kBlock, size);
    unsigned char any = 0;
    for (std::size_t i = at; i < end; ++i) {
      const auto letter = [p, i](std::size_t n) { return static_cast<unsigned char>(p[i + n] | 0x20); };
      any = static_cast<unsigned char>(any | ((letter(0) == 'k') & (letter(1) == 'i') & (letter(2) == 'm') & (letter(3) == 'i')) |
                                       ((letter(0) == 'm') & (letter(1) == 'o') & (letter(3) == 'n') & (letter(4) == 's')));
    }
    if (any != 0) return true;
  }
  return false;
}

#ifdef KIMIGUARD_AVX2
__attribute__((target("avx2"))) bool begins_kimi_by_avx2(std::string_view bytes) { return begins_kimi(bytes); }
#endif

// With the vectors that every x86-64 has 1.2 ms of a scan of git/git with its 1,300 shell scripts, by AVX2 0.7; memmem for the
// four words took a sixth of the whole scan.
bool names_kimi(std::string_view bytes) {
#ifdef KIMIGUARD_AVX2
  if (have_avx2() ? begins_kimi_by_avx2(bytes) : begins_kimi(bytes)) return true;
#else
  if (begins_kimi(bytes)) return true;
#endif
  const std::string_view tail = bytes.substr(bytes.size() < 2 * kReach ? 0 : bytes.size() - 2 * kReach);
  for (const std::string_view word : {"kimi", "KIMI", "moonshot", "MOONSHOT"})
    if (tail.find(word) != std::string_view::npos) return true;
  return false;
}

template <std::size_t N>
bool has_any(std::string_view bytes, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return ::memmem(bytes.data(), bytes.size(), word.data(), word.size()) != nullptr;
  });
}

// A tool's file in a project stands in a hidden folder, bears a hidden name, or is plain data near the root.
bool may_be_a_tools(std::string_view path) {
  if (path.starts_with("./")) path.remove_prefix(2);
  if (path.starts_with('.') || path.find("/.") != std::string_view::npos) return true;
  if (std::count(path.begin(), path.end(), '/') > 2) return false;
  for (const std::string_view ending : {".json", ".jsonc", ".toml", ".yml", ".yaml"})
    if (path.ends_with(ending)) return true;
  return false;
}

}  // namespace

Settings settings_in(std::string_view path, std::string_view bytes, bool holds_key) {
  if (bytes.empty() || bytes.size() > kMostBytes) return Settings::none;
  if (holds_key && agents::is_source(path)) return Settings::any;
  const std::optional<config::Format> format = config::format_of(path, {});
  if (!format) return Settings::none;
  // Transcripts: gigabytes of talk about settings, none in force.
  if (*format == config::Format::jsonl && !holds_key) return Settings::none;
  if (holds_key) return Settings::any;
  // Outside a tool's own files a name alone is prose or a translation; a connection has an address or a variable.
  if (names_kimi(bytes)) return has_any(bytes, kConnects) ? Settings::any : Settings::of_tools;
  return may_be_a_tools(path) && has_any(bytes, kRedirects) ? Settings::of_tools : Settings::none;
}

}  // namespace kimiguard::cli
