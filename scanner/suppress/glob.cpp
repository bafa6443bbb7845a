#include "scanner/suppress/glob.h"

#include <algorithm>
#include <vector>

namespace kimiguard::suppress {
namespace {

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    if (slash > 0 && text.substr(0, slash) != ".") parts.push_back(text.substr(0, slash));
    text.remove_prefix(std::min(slash + 1, text.size()));
  }
  return parts;
}

// One element of a part's glob at `at`: fits `c`, and where the next element begins. Not for `*`.
bool element(std::string_view glob, std::size_t at, char c, std::size_t& next) {
  next = at + 1;
  if (glob[at] == '?') return true;
  if (glob[at] == '\\' && at + 1 < glob.size()) {
    next = at + 2;
    return glob[at + 1] == c;
  }
  if (glob[at] != '[') return glob[at] == c;
  std::size_t i = at + 1;
  const bool inverted = i < glob.size() && (glob[i] == '!' || glob[i] == '^');
  if (inverted) ++i;
  bool in = false;
  const auto code = static_cast<unsigned char>(c);
  for (bool first = true; i < glob.size() && (first || glob[i] != ']'); first = false) {
    const auto low = static_cast<unsigned char>(glob[i]);
    auto high = low;
    if (i + 2 < glob.size() && glob[i + 1] == '-' && glob[i + 2] != ']') {
      high = static_cast<unsigned char>(glob[i + 2]);
      i += 2;
    }
    in |= low <= code && code <= high;
    ++i;
  }
  if (i >= glob.size()) return glob[at] == c;  // never closed: a plain "["
  next = i + 1;
  return in != inverted;
}

// The usual match with one point to return to: the last `*` that was passed.
bool part_fits(std::string_view glob, std::string_view text) {
  std::size_t g = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    std::size_t next = 0;
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      resume = t;
    } else if (g < glob.size() && element(glob, g, text[t], next)) {
      g = next;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

// "a.zip!" is what a.zip is called before its members.
bool name_fits(std::string_view glob, std::string_view name) {
  if (part_fits(glob, name)) return true;
  return name.ends_with('!') && part_fits(glob, name.substr(0, name.size() - 1));
}

}  // namespace

bool glob_fits(std::string_view glob, std::string_view path) {
  const std::size_t slash = glob.find('/');
  const bool anchored = slash != std::string_view::npos && slash + 1 < glob.size();
  std::vector<std::string_view> wanted = parts_of(glob);
  if (wanted.empty()) return false;
  if (!anchored) wanted.insert(wanted.begin(), "**");
  const std::vector<std::string_view> parts = parts_of(path);
  // As part_fits, over parts: `**` is the star. All of `wanted` used up fits whatever lies below.
  std::size_t w = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (p < parts.size()) {
    if (w == wanted.size()) return true;
    if (wanted[w] == "**") {
      star = w++;
      resume = p;
    } else if (name_fits(wanted[w], parts[p])) {
      ++w;
      ++p;
    } else if (star != std::string_view::npos) {
      w = star + 1;
      p = ++resume;
    } else {
      return false;
    }
  }
  if (glob.ends_with('/') && (w == 0 || wanted[w - 1] != "**")) return false;
  while (w < wanted.size() && wanted[w] == "**") ++w;
  return w == wanted.size();
}

}  // namespace kimiguard::suppress
