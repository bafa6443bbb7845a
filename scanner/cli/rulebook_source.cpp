#include "scanner/cli/rulebook_source.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "scanner/core/secret.h"
#include "scanner/detect/patterns.h"
#include "scanner/rulebook/built_in.h"
#include "scanner/rulebook/embedded.h"
#include "scanner/rulebook/pattern_database.h"

namespace kimiguard::cli {
namespace {

namespace fs = std::filesystem;

Result<std::vector<RuleFile>> read_files(const std::string& path) {
  std::vector<fs::path> paths;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(path, error))
      if (entry.path().extension() == ".toml") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    if (paths.empty()) return Error{"rules", "there is no .toml file in the rule folder " + path};
  } else {
    paths.emplace_back(path);
  }
  std::vector<RuleFile> files;
  for (const fs::path& file : paths) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return Error{"rules", "the rule file " + file.string() + " cannot be read"};
    files.push_back({file.string(), std::string(std::istreambuf_iterator<char>(in), {})});
  }
  return files;
}

// Compiled databases of users' rules, by content: $XDG_CACHE_HOME/kimiguard.
fs::path cache_folder() {
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg == '/') return fs::path(xdg) / "kimiguard";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') return fs::path(home) / ".cache" / "kimiguard";
  return {};
}

std::string cached(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return in ? std::string(std::istreambuf_iterator<char>(in), {}) : std::string();
}

void keep(const fs::path& file, const std::string& bytes) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  const fs::path partial = file.string() + ".tmp" + std::to_string(std::hash<std::string>{}(bytes) & 0xFFFF);
  {
    std::ofstream out(partial, std::ios::binary | std::ios::trunc);
    out << bytes;
    if (!out) return;
  }
  fs::rename(partial, file, error);
}

}  // namespace

Result<std::shared_ptr<RulebookSource>> RulebookSource::open(const std::vector<std::string>& rule_paths) {
  auto source = std::make_shared<RulebookSource>();
  if (rule_paths.empty()) return source;
  std::vector<RuleFile> files = built_in_rule_files();
  for (const std::string& path : rule_paths) {
    auto more = read_files(path);
    if (!more) return more.error();
    files.insert(files.end(), std::make_move_iterator(more->begin()), std::make_move_iterator(more->end()));
  }
  auto book = read_rulebook(files);
  if (!book) return book.error();
  source->custom_ = true;
  source->book_ = std::make_shared<const Rulebook>(std::move(*book));
  return source;
}

std::shared_ptr<const Rulebook> RulebookSource::rulebook() {
  std::call_once(once_, [&] {
    if (book_ != nullptr) return;
    auto book = built_in_rulebook_snapshot();
    if (!book) book = read_rulebook(built_in_rule_files());
    // The build has read them: they are right.
    book_ = std::make_shared<const Rulebook>(book ? std::move(*book) : Rulebook{});
  });
  return book_;
}

Result<std::shared_ptr<detect::Detection>> RulebookSource::detection() {
  if (!custom_) {
    auto made = detect::Detection::built_in({reinterpret_cast<const char*>(kEmbeddedDatabase), kEmbeddedDatabaseSize},
                                            [this] { return rulebook(); });
    if (made) return made;
    // Another version of the library than the build's: compile again.
    auto compiled = compile_patterns(detect::patterns_for(rulebook()->rules));
    if (!compiled) return compiled.error();
    return detect::Detection::recompiled(*compiled, [this] { return rulebook(); });
  }
  const std::vector<Pattern> patterns = detect::patterns_for(book_->rules);
  std::string content = "kimiguard patterns 1\n";
  for (const Pattern& pattern : patterns) content += std::to_string(pattern.id) + ' ' + pattern.expression + '\n';
  const fs::path folder = cache_folder();
  const fs::path file = folder.empty() ? fs::path() : folder / (sha256_hex(content) + ".hsdb");
  if (!file.empty()) {
    const std::string bytes = cached(file);
    if (!bytes.empty()) {
      auto made = detect::Detection::custom(bytes, book_);
      if (made) return made;
    }
  }
  auto compiled = compile_patterns(patterns);
  if (!compiled) return compiled.error();
  if (!file.empty()) keep(file, *compiled);
  return detect::Detection::custom(*compiled, book_);
}

}  // namespace kimiguard::cli
