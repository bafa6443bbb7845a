#include "scanner/cli/rulebook_source.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "scanner/core/secret.h"
#include "scanner/detect/patterns.h"
#include "scanner/rulebook/built_in.h"
#include "scanner/rulebook/embedded.h"
#include "scanner/rulebook/foreign_file.h"
#include "scanner/rulebook/pattern_database.h"

namespace kimiguard::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kMostExtended = 4;

// Piece by piece: a rule file may be a pipe. (An iterator over the stream took 5 ms for the database of gitleaks' rules.)
std::optional<std::string> whole(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text;
  std::error_code error;
  if (const auto size = fs::file_size(file, error); !error) text.reserve(size);
  std::array<char, 1 << 16> piece;
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0) text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  return text;
}

// A file, and before it those that it extends. gitleaks looks for them from where it runs; so do we, and
// then beside the file.
Status read_one(const fs::path& file, int depth, std::vector<RuleFile>& files) {
  std::optional<std::string> text = whole(file);
  if (!text) return Error{"rules", "the rule file " + file.string() + " cannot be read"};
  RuleFile read;
  read.name = file.string();
  read.text = std::move(*text);
  if (const std::string base = rulebook::extended_path(read.text); !base.empty()) {
    if (depth >= kMostExtended) return Error{"rules", "the rule file " + file.string() + " extends files that extend others, more than " + std::to_string(kMostExtended) + " deep"};
    std::error_code error;
    fs::path path = base;
    if (!fs::exists(path, error) && path.is_relative()) path = file.parent_path() / path;
    if (const Status done = read_one(path, depth + 1, files); !done) return done;
  }
  files.push_back(std::move(read));
  return Nothing{};
}

Result<std::vector<RuleFile>> read_files(const std::string& path) {
  std::vector<fs::path> paths;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(path, error))
      if (entry.path().extension() == ".toml") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    // Profiles of tools alone are rules, too: the audit reads them.
    if (paths.empty() && !fs::is_directory(fs::path(path) / "agents", error)) return Error{"rules", "there is no .toml file in the rule folder " + path};
  } else {
    paths.emplace_back(path);
  }
  std::vector<RuleFile> files;
  for (const fs::path& file : paths)
    if (const Status done = read_one(file, 0, files); !done) return done.error();
  return files;
}

// Compiled databases of users' rules, by content: $XDG_CACHE_HOME/kimiguard.
fs::path cache_folder() {
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg == '/') return fs::path(xdg) / "kimiguard";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') return fs::path(home) / ".cache" / "kimiguard";
  return {};
}

std::string cached(const fs::path& file) {
  return whole(file).value_or(std::string());
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
  const std::size_t built_in = files.size();
  std::string content = "kimiguard user rules 5\n";
  for (const std::string& path : rule_paths) {
    auto more = read_files(path);
    if (!more) return more.error();
    for (RuleFile& file : *more) {
      content += std::to_string(file.text.size()) + '\n' + file.text;
      files.push_back(std::move(file));
    }
  }
  // Built-in rules are the program's: another program may have others at the same places.
  for (std::size_t i = 0; i < built_in; ++i)
    if (files[i].name == "built-in:secrets.toml") content += files[i].text;
  if (const fs::path folder = cache_folder(); !folder.empty()) {
    source->cache_file_ = (folder / (sha256_hex(content) + ".rules")).string();
    source->cached_ = detect::read_user_database(cached(source->cache_file_));
  }
  // What was compiled from the same bytes needs no second check.
  if (source->cached_)
    for (std::size_t i = built_in; i < files.size(); ++i) files[i].checked = true;
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
  const auto source = [this] { return rulebook(); };
  auto made = detect::Detection::built_in({reinterpret_cast<const char*>(kEmbeddedDatabase), kEmbeddedDatabaseSize}, source);
  if (!made) {
    // Another version of the library than the build's: compile again.
    std::vector<Rule> built_in = rulebook()->rules;
    for (Rule& rule : built_in)
      if (!rule.file.starts_with("built-in:")) rule.expression.clear();
    auto compiled = compile_patterns(detect::patterns_for(built_in));
    if (!compiled) return compiled.error();
    made = detect::Detection::recompiled(*compiled, source);
    if (!made) return made;
  }
  if (!custom_) return made;
  if (cached_ && (*made)->add_user_rules(*cached_, book_)) return made;
  auto user = detect::compile_user_rules(book_->rules);
  if (!user) return user.error();
  if (const Status added = (*made)->add_user_rules(*user, book_); !added) return added.error();
  if (!cache_file_.empty()) keep(cache_file_, detect::written(*user));
  return made;
}

}  // namespace kimiguard::cli
