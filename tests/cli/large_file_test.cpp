// Files that come in pieces: nothing is missed at their seams, nothing is reported twice, lines are counted from the
// file's beginning, and what a key is attributed by may lie on the other side of a seam.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "scanner/source/files/file_walk.h"
#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

using namespace kimiguard;
namespace fs = std::filesystem;

namespace {

struct Planted {
  std::string text;
  std::vector<std::uint64_t> lines;  // of the keys
};

// Keys around every place where a piece could end: multiples of 64 KB, and a few bytes beside them. Each key is
// Moonshot's only by the address on the line after it.
Planted planted(std::size_t size) {
  static const std::string kFiller = "an ordinary line with nothing in it, 64 bytes long with its end\n";
  Planted made;
  test::Keys keys(11);
  std::uint64_t line = 1;
  std::size_t next = 40000;
  int turn = 0;
  while (made.text.size() < size) {
    if (made.text.size() >= next) {
      made.text += "api_key = " + keys.platform() + "\nbase_url = https://api.moonshot.cn/v1\n\n";
      made.lines.push_back(line);
      line += 3;
      next = (made.text.size() / 65536 + 1 + static_cast<std::size_t>(turn % 3) * 3) * 65536 - 40 - static_cast<std::size_t>(turn * 37 % 200);
      ++turn;
    }
    made.text += kFiller;
    ++line;
  }
  return made;
}

std::vector<std::uint64_t> lines_found(const test::Ran& ran) {
  std::vector<std::uint64_t> lines;
  const auto report = nlohmann::json::parse(ran.out);
  for (const auto& finding : report["findings"]) {
    CHECK(finding["ruleId"] == "moonshot-platform-key");
    CHECK(finding["realm"] == "moonshot-cn");
    for (const auto& place : finding["places"]) {
      lines.push_back(place["region"]["startLine"]);
      CHECK(place["region"]["startColumn"] == 11);
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

TEST_CASE("keys at the seams of pieces are found once, on their lines, with what stands on the other side") {
  // Held whole; in pieces, counted again; in pieces that are mapped.
  for (const std::size_t size : {std::size_t{300} << 10, std::size_t{3} << 20, std::size_t{20} << 20}) {
    const Planted file = planted(size);
    REQUIRE(file.lines.size() > 1);
    const test::Folder folder;
    folder.write("all.txt", file.text);
    test::RunOptions options;
    options.folder = folder.path();
    INFO(size);
    CHECK(lines_found(test::kimiguard({"scan", "-f", "json", "all.txt"}, options)) == file.lines);
    CHECK(lines_found(test::kimiguard({"scan", "-f", "json", "."}, options)) == file.lines);
    options.input = file.text;
    CHECK(lines_found(test::kimiguard({"scan", "-f", "json", "-"}, options)) == file.lines);
  }
}

TEST_CASE("a file whose size is a multiple of a piece ends where it ends") {
  for (const std::size_t size : {std::size_t{256} << 10, files::kPiece, files::kPiece + files::kOverlap, 2 * files::kPiece + files::kOverlap,
                                 std::size_t{4} << 20, std::size_t{8} << 20}) {
    test::Keys keys(3);
    std::string text(size, 'x');
    for (std::size_t i = 63; i < size; i += 64) text[i] = '\n';
    const std::string tail = "\nKIMI_API_KEY=" + keys.kimi_code() + "\n";
    text.replace(size - tail.size(), tail.size(), tail);
    const test::Folder folder;
    folder.write("all.txt", text);
    test::RunOptions options;
    options.folder = folder.path();
    INFO(size);
    const auto report = nlohmann::json::parse(test::kimiguard({"scan", "-f", "json", "."}, options).out);
    REQUIRE(report["findings"].size() == 1);
    CHECK(report["findings"][0]["places"][0]["region"]["startLine"] == std::count(text.begin(), text.end(), '\n'));
    CHECK(report["summary"]["coverage"]["bytes"] == size);
  }
}

// The beginning of the file says that it is UTF-16; a piece of zeros does not.
TEST_CASE("places in UTF-16 that is mostly zeros are counted in characters, in every piece") {
  for (const std::size_t zeros : {std::size_t{3} << 20, std::size_t{12} << 20}) {
    test::Keys keys(6);
    std::string text = "\xFF\xFE";
    const auto add = [&](const std::string& ascii) {
      for (const char c : ascii) text += {c, '\0'};
    };
    add("one\n");
    text.append(2 * zeros, '\0');
    add("\nnext KEY=" + keys.kimi_code() + "\n");
    const test::Folder folder;
    folder.write("a.txt", text);
    test::RunOptions options;
    options.folder = folder.path();
    const auto report = nlohmann::json::parse(test::kimiguard({"scan", "-f", "json", "."}, options).out);
    REQUIRE(report["findings"].size() == 1);
    REQUIRE(report["findings"][0]["places"].size() == 1);
    const auto& region = report["findings"][0]["places"][0]["region"];
    CHECK(region["startLine"] == 3);
    CHECK(region["startColumn"] == 10);
    CHECK(region["endColumn"] == 10 + 72);
  }
}

// Its holes are passed over; places are as if each zero had been read.
TEST_CASE("keys of a sparse file stand where they stand in its twin without holes; one of a terabyte takes no longer") {
  constexpr std::uint64_t kWindow = 4 << 20;
  using Place = std::array<std::uint64_t, 3>;  // line, column, offset
  const auto places_found = [](std::uint64_t size, const std::vector<std::uint64_t>& places, bool sparse) {
    test::Keys keys(5);
    const test::Folder folder;
    const fs::path path = folder.write("disk.img", "\n");
    {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(0, std::ios::end);
      if (!sparse) file << std::string(size - 1, '\0');
      for (const std::uint64_t place : places) {
        const std::string text = "KIMI_API_KEY=" + keys.kimi_code() + "\n";
        file.seekp(static_cast<std::streamoff>(std::min(place, size - text.size())));
        file << text;
      }
    }
    fs::resize_file(path, size);
    test::RunOptions options;
    options.folder = folder.path();
    const auto report = nlohmann::json::parse(test::kimiguard({"scan", "-f", "json", "."}, options).out);
    CHECK(report["summary"]["coverage"]["bytes"] == size);
    CHECK(report["findings"].size() == places.size());
    std::set<Place> found;
    for (const auto& finding : report["findings"]) {
      const auto& region = finding["places"][0]["region"];
      found.insert(Place{region["startLine"].get<std::uint64_t>(), region["startColumn"].get<std::uint64_t>(), region["byteOffset"].get<std::uint64_t>()});
    }
    return found;
  };
  const std::vector<std::uint64_t> places = {80, kWindow - 40, 2 * kWindow + 65536 - 20, 5 * kWindow + 70000, 8 * kWindow + 2, 11 * kWindow, ~std::uint64_t{0}};
  CHECK(places_found(12 * kWindow + 12345, places, true) == places_found(12 * kWindow + 12345, places, false));
  constexpr std::uint64_t kLarge = std::uint64_t{1} << 40;
  const std::set<Place> expected = {Place{2, 80 - 1 + 14, 80 + 13}, Place{3, kLarge / 2 - 80 - 86 + 14, kLarge / 2 + 13},
                                    Place{4, kLarge / 2 - 86 - 86 + 14, kLarge - 86 + 13}};
  CHECK(places_found(kLarge, {80, kLarge / 2, ~std::uint64_t{0}}, true) == expected);
}

TEST_CASE("a file that is cut short while it is mapped is a gap and no crash") {
  const test::Folder folder;
  const fs::path path = folder.write("log.txt", std::string(std::size_t{1} << 20, 'x'));
  struct Cutter final : files::Visitor {
    explicit Cutter(fs::path given) : path(std::move(given)) {}
    bool piece(const files::OpenFile&, const files::Piece& piece) override {
      fs::resize_file(path, 300 << 10);
      sum += static_cast<std::uint64_t>(std::count(piece.bytes.begin(), piece.bytes.end(), 'x'));
      return true;
    }
    void long_name(std::string_view, std::string_view, bool) override {}
    void repository(std::string_view, bool) override {}
    fs::path path;
    std::uint64_t sum = 0;
  };
  Cutter cutter(path);
  const Coverage coverage = files::read_file(path.string(), cutter);
  CHECK(cutter.sum == 300 << 10);
  REQUIRE(coverage.gaps.size() == 1);
  CHECK(coverage.gaps[0].code == "changed");
}
