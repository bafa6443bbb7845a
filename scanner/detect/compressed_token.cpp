#include "scanner/detect/compressed_token.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "scanner/core/digits.h"
#include "scanner/source/container/inflate.h"
#include "scanner/text/token.h"

namespace kimiguard::detect {
namespace {

using container::Compression;

// First digits of base64 of gzip with deflate and of zstd; zlib with a window of 32 KiB, at each of its four levels, is
// "e" and what is asked below. Then of base64 of all these, once and twice.
constexpr std::array<std::string_view, 2> kMarks = {"H4sI", "KLUv"};
constexpr std::array<std::string_view, 6> kMarksAgain = {"SDRzS", "S0xVd", "ZUp", "ZU5", "ZUF", "ZUY"};
constexpr std::array<std::string_view, 6> kMarksTwice = {"U0RSelN", "UzB4VmR", "WlVw", "WlU1", "WlVG", "WlVZ"};
// A letter of an escape before the token (\nH4sI), or a name's end.
constexpr std::uint64_t kAside = 4;
// base64url has digits that end a run of the finder; of 2048 digits some 48 in a row are without them but for one token in
// 30,000. (Going back 64 KiB from each run was nine tenths of a scan of pydantic-ai's history.)
constexpr std::uint64_t kBack = 2048;

bool begins_compressed(std::string_view digits) {
  const auto begins = [&](const auto& marks) {
    return std::any_of(marks.begin(), marks.end(), [&](std::string_view mark) { return digits.starts_with(mark); });
  };
  switch (digits.front()) {
    case 'H':
    case 'K': return begins(kMarks);
    case 'e':
      // The third digit has the other bits of the level.
      return digits.size() > 2 && ((digits[1] == 'J' && digits[2] >= 'w' && digits[2] <= 'z') || (digits[1] == 'N' && digits[2] >= 'o' && digits[2] <= 'r') ||
                                   (digits[1] == 'A' && digits[2] >= 'E' && digits[2] <= 'H') || (digits[1] == 'F' && digits[2] >= '4' && digits[2] <= '7'));
    case 'S':
    case 'Z': return begins(kMarksAgain);
    case 'U':
    case 'W': return begins(kMarksTwice);
    default: return false;
  }
}

// Base64 as a whole, line ends and padding left out; "" where something else stands in it.
std::string decoded(std::string_view digits) {
  std::string out(digits.size() / 4 * 3 + 3, '\0');
  char* to = out.data();
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : digits) {
    const int value = base64_value(c);
    if (value < 0) {
      if (c == '=' || c == '\n' || c == '\r') continue;
      return {};
    }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    *to++ = static_cast<char>(bits >> have & 0xFF);
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return out;
}

}  // namespace

std::optional<std::uint64_t> compressed_token(std::string_view bytes, Span run) {
  std::uint64_t begin = run.begin;
  while (begin > 0 && run.begin - begin < kBack && base64_value(bytes[begin - 1]) >= 0) --begin;
  // In the middle of a longer one anything may look like a beginning.
  if (begin > 0 && run.begin - begin == kBack && base64_value(bytes[begin - 1]) >= 0) return std::nullopt;
  for (std::uint64_t at = begin; at <= begin + kAside && at < run.end; ++at)
    if (begins_compressed(bytes.substr(at, 8))) return at;
  return std::nullopt;
}

std::optional<Unpacked> unpack_token(std::string_view bytes, std::uint64_t begin, std::uint64_t most, std::uint64_t last) {
  constexpr int kMostTimes = 3;
  const text::Token token = text::token_from(bytes, begin, text::Digits::base64);
  Unpacked made;
  made.view.source = token.all();
  std::string inner;
  for (const Span line : token.runs) inner += bytes.substr(line.begin, line.size());
  Span source{begin, std::min(token.all().end, std::max(begin + 1, last))};
  const auto add_layer = [&](std::string encoding, std::uint64_t size) {
    made.view.chain.push_back(std::move(encoding));
    made.view.layers.emplace_back();
    made.view.layers.back().append(size, source, 0, 0);
    source = {0, size};
  };
  Compression compression = Compression::none;
  for (int times = 0; times < kMostTimes && compression == Compression::none; ++times) {
    const bool url = inner.find('-') != std::string::npos || inner.find('_') != std::string::npos;
    inner = decoded(inner);
    if (inner.empty()) return std::nullopt;
    add_layer(url ? "base64url" : "base64", inner.size());
    compression = container::compression_of(inner);
  }
  if (compression == Compression::none) return std::nullopt;
  container::Inflated out = container::inflate(inner, compression, most);
  using Outcome = container::Inflated::Outcome;
  if (out.bytes.empty() || (out.outcome == Outcome::damaged && compression == Compression::zlib && out.bytes.size() < 64)) return std::nullopt;
  made.outcome = out.outcome == Outcome::whole ? Unpacked::Outcome::whole : out.outcome == Outcome::limit ? Unpacked::Outcome::limit : Unpacked::Outcome::damaged;
  made.view.text = std::move(out.bytes);
  add_layer(std::string(container::name(compression)), made.view.text.size());
  return made;
}

}  // namespace kimiguard::detect
