// kimiguard_embed_rules RULES_DIR OUTPUT.cpp: writes what scanner/rulebook/embedded.h promises.
//
// Runs at build time, so that a broken built-in rule breaks the build and not the user's scan.
#include <hs.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/agents/profile_snapshot.h"
#include "scanner/detect/patterns.h"
#include "scanner/rulebook/pattern_database.h"
#include "scanner/rulebook/rulebook.h"
#include "scanner/rulebook/snapshot.h"

namespace fs = std::filesystem;

namespace {

bool read(const fs::path& path, std::string& text) {
  std::ifstream in(path, std::ios::binary);
  text.assign(std::istreambuf_iterator<char>(in), {});
  return in.good() || in.eof();
}

// As a C++ string literal, in pieces: compilers limit the length of one.
void write_text(std::ostream& out, std::string_view text) {
  static constexpr std::size_t kPiece = 4000;
  for (std::size_t begin = 0; begin < text.size() || begin == 0; begin += kPiece) {
    out << "    \"";
    for (const char c : text.substr(begin, kPiece)) {
      const auto byte = static_cast<unsigned char>(c);
      switch (c) {
        case '\n':
          out << "\\n";
          break;
        case '"':
          out << "\\\"";
          break;
        case '\\':
          out << "\\\\";
          break;
        case '?':
          out << "\\?";
          break;  // no trigraphs
        default:
          if (byte < 0x20 || byte >= 0x7f) {
            // Octal: three digits at most, so that a digit after it is its own character.
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\%03o", static_cast<unsigned>(byte));
            out << escaped;
          } else {
            out << c;
          }
      }
    }
    out << "\"\n";
  }
}

// The database as it will lie in the program: what loading gives at a multiple of 64.
bool loaded(const std::string& serialized, std::string& image) {
  std::size_t size = 0;
  if (hs_serialized_database_size(serialized.data(), serialized.size(), &size) != HS_SUCCESS) return false;
  const std::size_t whole = (size + 63) / 64 * 64;
  const std::unique_ptr<void, decltype(&std::free)> memory(std::aligned_alloc(64, whole), std::free);
  if (memory == nullptr) return false;
  std::memset(memory.get(), 0, whole);
  if (hs_deserialize_database_at(serialized.data(), serialized.size(), static_cast<hs_database_t*>(memory.get())) != HS_SUCCESS)
    return false;
  image.assign(static_cast<const char*>(memory.get()), whole);
  return true;
}

void write_bytes(std::ostream& out, const char* name, const std::string& bytes) {
  out << "alignas(64) const unsigned char " << name << "[] = {";
  for (std::size_t i = 0; i < bytes.size(); ++i)
    out << (i % 24 == 0 ? "\n  " : "") << static_cast<unsigned>(static_cast<unsigned char>(bytes[i])) << ',';
  if (bytes.empty()) out << "0";
  out << "\n};\n\n";
}

int complain(const std::string& words) {
  std::cerr << "kimiguard_embed_rules: " << words << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return complain("usage: kimiguard_embed_rules RULES_DIR OUTPUT.cpp");
  const fs::path root = argv[1];
  struct File {
    std::string name;
    std::string text;
  };
  std::vector<File> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    if (!it->is_regular_file() || it->path().extension() != ".toml") continue;
    File file{it->path().lexically_relative(root).generic_string(), {}};
    if (!read(it->path(), file.text)) return complain("cannot read " + it->path().string());
    files.push_back(std::move(file));
  }
  if (error) return complain("cannot list " + root.string() + ": " + error.message());
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.name < b.name; });

  std::vector<kimiguard::RuleFile> rule_files;
  for (const File& file : files)
    if (!file.name.starts_with("agents/"))
      rule_files.push_back({(root / file.name).string(), file.text});
  const auto book = kimiguard::read_rulebook(rule_files);
  if (!book) return complain("a rule file is wrong\n" + book.error().message);
  const auto patterns = kimiguard::detect::patterns_for(book->rules);
  std::string database;
  if (!patterns.empty()) {
    auto made = kimiguard::compile_patterns(patterns);
    if (!made) return complain(made.error().message);
    if (!loaded(*made, database)) return complain("the pattern database that was just made does not load");
  }

  const std::string partial = std::string(argv[2]) + ".tmp";
  fs::create_directories(fs::path(argv[2]).parent_path(), error);
  std::ofstream out(partial, std::ios::binary | std::ios::trunc);
  out << "// Made by kimiguard_embed_rules from rules/. Do not edit.\n"
         "#include \"scanner/rulebook/embedded.h\"\n\nnamespace kimiguard {\nnamespace {\n\n"
         "const EmbeddedFile kFiles[] = {\n";
  for (const File& file : files) {
    out << "  {std::string_view(\"" << file.name << "\"),\n   std::string_view(\n";
    write_text(out, file.text);
    out << "    , " << file.text.size() << ")},\n";
  }
  // An empty array is no C++; the count says how many there really are.
  if (files.empty()) out << "  {},\n";
  out << "};\n\n";
  write_bytes(out, "kDatabase", database);
  // The files are named here as the program names them.
  for (std::size_t i = 0; i < rule_files.size(); ++i)
    rule_files[i].name = "built-in:" + fs::path(rule_files[i].name).lexically_relative(root).generic_string();
  const auto named = kimiguard::read_rulebook(rule_files);
  if (!named) return complain(named.error().message);
  const std::string snapshot = kimiguard::write_snapshot(*named);
  write_bytes(out, "kSnapshot", snapshot);
  std::vector<kimiguard::RuleFile> profile_files;
  for (const File& file : files)
    if (file.name.starts_with("agents/")) profile_files.push_back({"built-in:" + file.name, file.text});
  const auto profiles = kimiguard::agents::read_profiles(profile_files);
  if (!profiles) return complain("a profile is wrong\n" + profiles.error().message);
  const std::string profile_snapshot = kimiguard::agents::write_snapshot(*profiles);
  write_bytes(out, "kProfiles", profile_snapshot);
  out << "}  // namespace\n\n"
      << "const EmbeddedFile* const kEmbeddedFiles = kFiles;\n"
      << "const std::size_t kEmbeddedFileCount = " << files.size() << ";\n"
      << "const unsigned char* const kEmbeddedDatabase = kDatabase;\n"
      << "const std::size_t kEmbeddedDatabaseSize = " << database.size() << ";\n"
      << "const unsigned char* const kEmbeddedSnapshot = kSnapshot;\n"
      << "const std::size_t kEmbeddedSnapshotSize = " << snapshot.size() << ";\n"
      << "const unsigned char* const kEmbeddedProfiles = kProfiles;\n"
      << "const std::size_t kEmbeddedProfilesSize = " << profile_snapshot.size() << ";\n\n"
      << "}  // namespace kimiguard\n";
  out.close();
  if (!out) return complain("cannot write " + partial);
  fs::rename(partial, argv[2], error);
  if (error) return complain("cannot write " + std::string(argv[2]) + ": " + error.message());
  return 0;
}
