// What the tests of stores and archives share: keys made at test time, a folder that goes away, and a
// sink that remembers.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/source/container/unpacking.h"

namespace kimiguard::testing {

inline std::mt19937_64& random_source() {
  static std::mt19937_64 source(std::random_device{}());
  return source;
}

inline std::string random_text(std::size_t length) {
  static constexpr char kLetters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text += kLetters[random_source()() % 62];
  return text;
}

inline std::string random_key() { return "sk-" + ("kimi-" + random_text(64)); }

inline std::string random_bytes(std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text += static_cast<char>(random_source()() & 0xFF);
  return text;
}

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "kimiguard-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

inline void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline container::OriginPtr origin_of(const std::string& path) {
  auto origin = std::make_shared<Origin>();
  origin->path = path;
  origin->absolute_path = path;
  return origin;
}

struct Seen {
  std::string bytes;
  std::string place;
  std::string context;
  std::uint64_t offset;
  std::uint64_t line;
  std::uint64_t column;
  std::uint64_t seen;
  bool whole;
  bool joined;
};

class Collector {
 public:
  container::Sink sink() {
    return [this](const Document& document) {
      all.push_back({std::string(document.bytes), container::place_of(*document.origin),
                     std::string(document.context), document.offset, document.line, document.column,
                     document.seen, document.whole, document.joined});
    };
  }
  // Places of the documents that hold `text`.
  std::vector<std::string> places_of(std::string_view text) const {
    std::vector<std::string> places;
    for (const Seen& one : all) {
      if (one.bytes.find(text) != std::string::npos) places.push_back(one.place);
    }
    return places;
  }
  bool holds(std::string_view text) const { return !places_of(text).empty(); }
  bool holds_at(std::string_view text, std::string_view place_part) const {
    for (const std::string& place : places_of(text)) {
      if (place.find(place_part) != std::string::npos) return true;
    }
    return false;
  }
  std::vector<Seen> all;
};

inline bool has_gap(const Coverage& coverage, std::string_view code) {
  for (const Gap& gap : coverage.gaps) {
    if (gap.code == code) return true;
  }
  return false;
}

}  // namespace kimiguard::testing
