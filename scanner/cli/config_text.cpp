#include "scanner/cli/config_text.h"

#include <algorithm>
#include <cstring>

#include "scanner/agents/loose_connections.h"
#include "scanner/config/reader.h"
#include "scanner/core/processor.h"

namespace kimiguard::cli {
namespace {

// Larger ones are data. 99 of 100 configs in public repositories are under 64 KiB; a lock file is not.
constexpr std::size_t kMostBytes = std::size_t{2} << 20;

// Whether a word that begins like one of `words` stands in `bytes`, in small or capital letters: its first two letters
// and the fourth and fifth (third and fourth of a shorter one). A plain loop that the compiler makes vectors of: 10 GB/s
// a word, where memmem for four spellings takes a sixth of the time of a whole scan of git/git with its 1,300 shell
// scripts; by AVX2 0.7 ms of it, with the vectors that every x86-64 has 1.2.
__attribute__((always_inline)) inline bool any_begins(std::string_view bytes, const std::vector<std::string>& words) {
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  const std::size_t size = bytes.size();
  constexpr std::size_t kBlock = 4096;
  constexpr std::size_t kReach = 4;  // letters behind the first that are looked at
  for (const std::string& word : words) {
    if (word.size() < kReach) {
      if (bytes.find(word) != std::string_view::npos) return true;
      continue;
    }
    const std::size_t last = std::min<std::size_t>(word.size() - 1, kReach);
    const auto of = [&word](std::size_t n) { return static_cast<unsigned char>(word[n] | 0x20); };
    const unsigned char a = of(0), b = of(1), c = of(last - 1), d = of(last);
    for (std::size_t at = 0; at + last < size; at += kBlock) {
      const std::size_t end = std::min(at + kBlock, size - last);
      unsigned char any = 0;
      for (std::size_t i = at; i < end; ++i) {
        const auto is = [p, i](std::size_t n, unsigned char letter) { return static_cast<int>(static_cast<unsigned char>(p[i + n] | 0x20) == letter); };
        any = static_cast<unsigned char>(any | (is(0, a) & is(1, b) & is(last - 1, c) & is(last, d)));
      }
      if (any != 0) return true;
    }
  }
  return false;
}

#ifdef KIMIGUARD_AVX2
__attribute__((target("avx2"))) bool any_begins_by_avx2(std::string_view bytes, const std::vector<std::string>& words) {
  return any_begins(bytes, words);
}
#endif

bool may_name(std::string_view bytes, const std::vector<std::string>& words) {
#ifdef KIMIGUARD_AVX2
  if (have_avx2()) return any_begins_by_avx2(bytes, words);
#endif
  return any_begins(bytes, words);
}

// memmem reads a gigabyte a second, so it is asked of words only that may stand there.
bool has_any(std::string_view bytes, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return may_name(bytes, {word}) && ::memmem(bytes.data(), bytes.size(), word.data(), word.size()) != nullptr;
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

Settings settings_in(std::string_view path, std::string_view bytes, bool holds_key, const detect::Detection& detection) {
  if (bytes.empty() || bytes.size() > kMostBytes) return Settings::none;
  if (holds_key && agents::is_source(path)) return Settings::any;
  const std::optional<config::Format> format = config::format_of(path, {});
  if (!format) return Settings::none;
  // Transcripts: gigabytes of talk about settings, none in force.
  if (*format == config::Format::jsonl && !holds_key) return Settings::none;
  if (holds_key) return Settings::any;
  // Outside a tool's own files a name alone is prose or a translation; a connection has an address or a variable.
  const std::shared_ptr<const Rulebook> book = detection.rulebook();
  if (may_name(bytes, book->kimi_words)) return has_any(bytes, book->names.connection_signs) ? Settings::any : Settings::of_tools;
  return may_be_a_tools(path) && has_any(bytes, book->names.redirect_signs) ? Settings::of_tools : Settings::none;
}

}  // namespace kimiguard::cli
