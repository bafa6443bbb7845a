// Detection as the walk over objects matches with it.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "scanner/detect/detector.h"
#include "scanner/source/archive/kind.h"
#include "scanner/source/git/objects/finder.h"

namespace kimiguard::cli {

// The hot loop: candidates and the pattern database over every object.
class DetectFinder final : public git::Finder {
 public:
  DetectFinder(detect::Detector& detector, bool containers)
      : detector_(detector), containers_(containers), wide_(detector.has_user_rules()) {}

  void find(std::string_view bytes, std::vector<git::Hit>& hits) override {
    windows_.clear();
    detector_.find(bytes, windows_);
    for (const detect::Window& window : windows_) {
      if (window.foreign != detect::Window::Foreign::no) {
        foreign(bytes, window, hits);
        continue;
      }
      const std::size_t end = window.hit == 0 ? std::min<std::size_t>(bytes.size(), 64) : window.hit;
      hits.push_back({end > kLongest ? end - kLongest : 0, end, window.plain ? 1u : 2u});
    }
    // An archive or a database is opened even if its bytes show nothing.
    if (containers_ && bytes.size() > 64 && may_be_container(bytes)) hits.push_back({0, 8, 3});
    if (containers_ && archive::ends_as_zip(bytes)) hits.push_back({bytes.size() - 22, bytes.size(), 3});
    if (bytes.size() > 64 && bytes.starts_with("version https://git-lfs.")) hits.push_back({0, 24, 4});
  }
  std::size_t reach() const override { return (wide_ ? kLongestForeign : kLongest) + 320; }
  // "sk-" and 48 letters; everything else, and every encoding, is longer.
  std::size_t shortest_name() const override { return wide_ ? 0 : kShortestName; }
  git::FindCost cost() const override { return wide_ ? git::FindCost::wide() : git::FindCost::narrow(); }

 private:
  static constexpr std::size_t kShortestName = 51;
  static constexpr std::size_t kLongest = 700;
  static constexpr std::size_t kLongestForeign = 1500;

  // Another program's rule: only what could stand is a hit, or nearly every object would be read whole.
  void foreign(std::string_view bytes, const detect::Window& window, std::vector<git::Hit>& hits) const {
    using Foreign = detect::Window::Foreign;
    if (!detector_.may_stand(bytes, window)) return;
    const std::size_t last = window.foreign == Foreign::everywhere ? std::min<std::size_t>(bytes.size(), 8) : window.hit;
    const std::size_t first = window.foreign == Foreign::whole || window.foreign == Foreign::lead ? window.span.begin : last;
    if (window.foreign == Foreign::lead) {
      // What follows decided, too.
      const std::size_t behind = std::min<std::size_t>(window.hit + detect::kWeakReach, first + kLongestForeign);
      hits.push_back({first, std::min(bytes.size(), behind), 5});
      return;
    }
    // A stretch of ends is reported by pieces that overlap: each hit must be within reach.
    for (std::size_t end = last;; end -= kLongestForeign / 2) {
      hits.push_back({end > kLongestForeign ? end - kLongestForeign : 0, end, 5});
      if (end <= first + kLongestForeign) break;
    }
  }

  // As archive::kind_of and store::kind_of by content. A tar begins with any name.
  static bool may_be_container(std::string_view bytes) {
    return has_mark(bytes) || (bytes.size() > 262 && bytes.substr(257, 5) == "ustar");
  }

  static bool has_mark(std::string_view bytes) {
    using namespace std::string_view_literals;
    switch (bytes[0]) {
      case 'P': return bytes.starts_with("PK") || bytes.starts_with("PACK");
      case '#': return bytes.starts_with("# v2 git bundle") || bytes.starts_with("# v3 git bundle");
      case 'x': return static_cast<unsigned char>(bytes[1]) == 0x9c || bytes[1] == '\x01' || bytes.starts_with("xar!\0"sv) || static_cast<unsigned char>(bytes[1]) == 0xda;
      case '\x1f': return bytes[1] == '\x8b';
      case '\xfd': return bytes.starts_with("\xfd" "7zXZ");
      case '\x28': return bytes.starts_with("\x28\xb5\x2f\xfd");
      case '7': return bytes.starts_with("7z\xbc\xaf") || bytes.starts_with("\x37\x7f\x06");
      case '0': return bytes.starts_with("07070");
      case '!': return bytes.starts_with("!<arch>");
      case '%': return bytes.starts_with("%PDF");
      case 'b': return bytes.starts_with("bplist") || bytes.starts_with("begin ");
      case 'B': return bytes.starts_with("BZh");
      case 'L': return bytes.starts_with("LZIP");
      case '\xed': return bytes.starts_with("\xed\xab\xee\xdb");
      case '\x04': return bytes.starts_with("\x04\0\0\0"sv) || bytes.starts_with("\x04\x22\x4d\x18");
      case 'C':
        if (bytes.starts_with("Cr24")) return true;
        break;
      case 'M':
        if (bytes.starts_with("MSCF\0\0\0\0"sv)) return true;
        break;
      case 'S':
        if (bytes.starts_with("SQLite format 3")) return true;
        break;
      case 'A':
      case 'D':
      case 'F':
      case 'R':
      case 'T':
      case 'X': break;
      default: return false;
    }
    return archive::begins_as_mail(bytes);
  }

  detect::Detector& detector_;
  bool containers_;
  bool wide_;
  std::vector<detect::Window> windows_;
};

}  // namespace kimiguard::cli
