#include "scanner/source/archive/pdf.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "scanner/source/container/inflate.h"

namespace kimiguard::archive {
namespace {

using container::Compression;
using container::Inflated;
using container::inside;
using container::OriginPtr;
using container::Unpacking;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\0';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  return is_digit(c)            ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

std::string from_hex(std::string_view text) {
  std::string out;
  int high = -1;
  for (const char c : text) {
    if (c == '>') break;
    const int digit = hex_digit(c);
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      out += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  if (high >= 0) out += static_cast<char>(high * 16);
  return out;
}

// ASCII85: five characters from '!' to 'u' make four bytes, 'z' makes four zeros, "~>" ends.
std::string from_ascii85(std::string_view text) {
  std::string out;
  std::uint64_t value = 0;
  int count = 0;
  const auto put = [&](int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (24 - 8 * i) & 0xFF);
  };
  for (const char c : text) {
    if (c == '~') break;
    if (c == 'z' && count == 0) {
      out.append(4, '\0');
    } else if (c >= '!' && c <= 'u') {
      value = value * 85 + static_cast<std::uint64_t>(c - '!');
      if (++count == 5) {
        put(4);
        value = 0;
        count = 0;
      }
    }
  }
  if (count > 1) {
    for (int i = count; i < 5; ++i) value = value * 85 + 84;
    put(count - 1);
  }
  return out;
}

// LZW (ISO 32000-1 §7.4.4): codes of 9 to 12 bits, the high bit first; 256 clears the table, 257 ends. `early`: the width
// grows one code before it must. At most `limit` bytes come out.
std::string from_lzw(std::string_view in, bool early, std::uint64_t limit) {
  constexpr unsigned kClear = 256, kEnd = 257, kFirst = 258, kMost = 4096;
  struct Entry {
    std::uint16_t before;
    char last;
    std::uint16_t length;
  };
  std::vector<Entry> table(kMost);
  for (unsigned i = 0; i < 256; ++i) table[i] = {0, static_cast<char>(i), 1};
  std::string out;
  unsigned next = kFirst, width = 9, bits = 0, have = 0, previous = kClear;
  for (const char c : in) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    have += 8;
    if (have < width) continue;
    have -= width;
    const unsigned code = bits >> have & ((1u << width) - 1);
    bits &= (1u << have) - 1;
    if (code == kEnd) break;
    if (code == kClear) {
      next = kFirst;
      width = 9;
      previous = kClear;
      continue;
    }
    if (code > next || (code == next && previous == kClear) || (code >= kFirst && previous == kClear)) break;  // damaged
    // The code that is just being made is the previous one and its own first byte.
    const unsigned known = code < next ? code : previous;
    const std::size_t begin = out.size();
    const std::size_t length = table[known].length;
    if (begin + length + 1 > limit) break;
    out.resize(begin + length);
    for (unsigned at = known, left = static_cast<unsigned>(length); left-- > 0; at = table[at].before) out[begin + left] = table[at].last;
    if (code == next) out += out[begin];
    if (previous != kClear && next < kMost) {
      table[next] = {static_cast<std::uint16_t>(previous), out[begin], static_cast<std::uint16_t>(table[previous].length + 1)};
      ++next;
    }
    if (width < 12 && next + (early ? 1u : 0u) >= 1u << width) ++width;
    previous = code;
  }
  return out;
}

// Run lengths (§7.4.5): a count and bytes, or a count and one byte that repeats; 128 ends.
std::string from_run_lengths(std::string_view in, std::uint64_t limit) {
  std::string out;
  for (std::size_t at = 0; at < in.size() && out.size() < limit;) {
    const auto count = static_cast<unsigned char>(in[at++]);
    if (count == 128) break;
    if (count < 128) {
      out += in.substr(std::min(at, in.size()), count + 1u);
      at += count + 1u;
    } else if (at < in.size()) {
      out.append(257u - count, in[at++]);
    }
  }
  return out;
}

// "12 0" before "obj" in the text that leads to a stream; empty if there is none.
std::string object_name(std::string_view head) {
  const std::size_t obj = head.rfind(" obj");
  if (obj == std::string_view::npos) return {};
  std::size_t begin = obj;
  while (begin > 0 && (is_digit(head[begin - 1]) || head[begin - 1] == ' ') && obj - begin < 24) --begin;
  std::string_view name = head.substr(begin, obj - begin);
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  return std::string(name.substr(0, name.find(' ')));
}

struct Filters {
  bool flate = false;
  bool ascii85 = false;
  bool hex = false;
  bool lzw = false;
  bool early = true;  // LZW: /EarlyChange
  bool run_lengths = false;
  bool none() const { return !flate && !ascii85 && !hex && !lzw && !run_lengths; }
};

Filters filters_of(std::string_view dictionary) {
  const auto has = [&](std::string_view name) {
    return dictionary.find(name) != std::string_view::npos;
  };
  Filters filters;
  filters.flate = has("/FlateDecode") || has("/Fl ") || has("/Fl/") || has("/Fl]");
  filters.ascii85 = has("/ASCII85Decode") || has("/A85");
  filters.hex = has("/ASCIIHexDecode") || has("/AHx");
  filters.lzw = has("/LZWDecode") || has("/LZW ") || has("/LZW]");
  filters.early = !has("/EarlyChange 0");
  filters.run_lengths = has("/RunLengthDecode") || has("/RL ") || has("/RL]");
  return filters;
}

// Whether a stream is a page's content with text in it.
bool shows_text(std::string_view stream) {
  if (stream.starts_with("\xFF\xD8\xFF")) return false;  // a JPEG, whose bytes spell anything
  return stream.find("BT") != std::string_view::npos && (stream.find("TJ") != std::string_view::npos || stream.find("Tj") != std::string_view::npos);
}
// Bytes of a plain stream that are asked: images are large.
constexpr std::size_t kPlainPage = 1 << 20;

}  // namespace

std::string pdf_text(std::string_view in) {
  std::string out;
  bool fresh_line = true;
  const auto new_line = [&] {
    if (!fresh_line) out += '\n';
    fresh_line = true;
  };
  std::size_t i = 0;
  while (i < in.size()) {
    const char c = in[i];
    if (c == '(') {
      int open = 1;
      ++i;
      while (i < in.size() && open > 0) {
        char d = in[i++];
        if (d == '\\' && i < in.size()) {
          d = in[i++];
          if (d >= '0' && d <= '7') {
            int value = d - '0';
            for (int k = 0; k < 2 && i < in.size() && in[i] >= '0' && in[i] <= '7'; ++k)
              value = value * 8 + (in[i++] - '0');
            out += static_cast<char>(value);
          } else if (d == 'n' || d == 'r' || d == 't' || d == 'b' || d == 'f') {
            out += d == 'n' ? '\n' : d == 'r' ? '\r' : d == 't' ? '\t' : ' ';
          } else if (d == '\r') {
            if (i < in.size() && in[i] == '\n') ++i;
          } else if (d != '\n') {
            out += d;
          }
          fresh_line = false;
          continue;
        }
        open += d == '(' ? 1 : d == ')' ? -1 : 0;
        if (open > 0) {
          out += d;
          fresh_line = false;
        }
      }
    } else if (c == '<' && i + 1 < in.size() && in[i + 1] != '<') {
      const std::size_t end = std::min(in.find('>', i), in.size());
      out += from_hex(in.substr(i + 1, end - i - 1));
      fresh_line = fresh_line && end == i + 1;
      i = end + 1;
    } else if (c == '%') {
      i = std::min(in.find_first_of("\r\n", i), in.size());
    } else if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '\'' || c == '"') {
      std::size_t end = i + 1;
      while (end < in.size() && !is_blank(in[end]) && in[end] != '(' && in[end] != '[' &&
             in[end] != '<' && in[end] != '/')
        ++end;
      const std::string_view op = in.substr(i, end - i);
      // A new line is a new position; Td with no vertical part stays on the line.
      if (op == "Td" || op == "TD") {
        std::size_t back = i;
        while (back > 0 && is_blank(in[back - 1])) --back;
        std::size_t begin = back;
        while (begin > 0 && !is_blank(in[begin - 1])) --begin;
        const std::string_view down = in.substr(begin, back - begin);
        if (down.find_first_not_of("0.-+") != std::string_view::npos) new_line();
      } else if (op == "T*" || op == "'" || op == "\"" || op == "ET" || op == "Tm") {
        new_line();
      }
      i = end;
    } else if (c == '/') {
      ++i;
      while (i < in.size() && !is_blank(in[i]) && in[i] != '/' && in[i] != '[' && in[i] != '(' &&
             in[i] != '<')
        ++i;
    } else {
      // In an array a wide step back is a space between words.
      if (c == '-' && i + 1 < in.size() && is_digit(in[i + 1])) {
        std::size_t end = i + 1;
        while (end < in.size() && is_digit(in[end])) ++end;
        if (end - i >= 4 && !fresh_line && i > 0 && (in[i - 1] == ')' || in[i - 1] == '>')) out += ' ';
        i = end;
      } else {
        ++i;
      }
    }
  }
  return out;
}

bool read_pdf(Unpacking& unpacking, std::string_view bytes, const OriginPtr& origin, int depth) {
  ++unpacking.coverage().archives;
  const std::uint64_t gaps_before = unpacking.gap_count();
  if (bytes.find("/Encrypt ") != std::string_view::npos &&
      bytes.find("/Filter/Standard") != std::string_view::npos) {
    unpacking.gap(GapKind::set_aside, "encrypted", *origin, "the document is encrypted");
    return false;
  }
  std::uint64_t broken = 0;
  std::size_t at = 0;
  while ((at = bytes.find("stream", at)) != std::string_view::npos && !unpacking.exhausted()) {
    const std::size_t keyword = at;
    at += 6;
    if (keyword >= 3 && bytes.substr(keyword - 3, 3) == "end") continue;
    if (at < bytes.size() && bytes[at] == '\r') ++at;
    if (at >= bytes.size() || bytes[at] != '\n') {
      if (at == keyword + 6) continue;  // the word in some text
    } else {
      ++at;
    }
    // The dictionary stands right before; it may be long, but not this long.
    const std::size_t head_begin = keyword - std::min<std::size_t>(keyword, 2048);
    std::string_view head = bytes.substr(head_begin, keyword - head_begin);
    const std::size_t object = head.rfind(" obj");
    const std::string_view dictionary = object == std::string_view::npos ? head : head.substr(object);
    const Filters filters = filters_of(dictionary);
    const std::size_t end = std::min(bytes.find("endstream", at), bytes.size());
    std::string_view data = bytes.substr(at, end - at);
    at = end;
    // Plain bytes were seen, but not what a page's content says; or it is an image.
    const bool page = shows_text(data.substr(0, kPlainPage));
    if (filters.none() && !page) continue;
    if (!unpacking.take_member(*origin)) break;
    std::string decoded;
    if (filters.ascii85 || filters.hex) {
      decoded = filters.ascii85 ? from_ascii85(data) : from_hex(data);
      data = decoded;
    }
    const std::string number = object_name(head);
    const OriginPtr member = inside(
        *origin, {Inside::Kind::archive_member,
                  number.empty() ? "stream at " + std::to_string(keyword) : "object " + number, "", ""});
    if (filters.none()) {
      const std::string text = pdf_text(data);
      if (!text.empty() && unpacking.take_bytes(text.size(), *member))
        unpacking.deliver(text, inside(*member, {Inside::Kind::archive_member, "text", "", ""}));
      continue;
    }
    Unpacking::Hold hold(unpacking);
    Inflated inflated;
    const std::uint64_t room = std::min(unpacking.may_hold() / 2, unpacking.limits().member_bytes);
    if (filters.lzw || filters.run_lengths) {
      inflated.bytes = filters.lzw ? from_lzw(data, filters.early, room) : from_run_lengths(data, room);
      if (inflated.bytes.size() + 4096 > room) unpacking.limit(*member, "a stream held in memory");
    } else if (filters.flate) {
      inflated = container::inflate(data, Compression::zlib, room);
      if (inflated.outcome == Inflated::Outcome::limit)
        unpacking.limit(*member, "a stream held in memory");
      if (inflated.outcome == Inflated::Outcome::damaged) ++broken;
    } else {
      inflated.bytes = std::move(decoded);
    }
    if (inflated.bytes.empty()) continue;
    if (!hold.grow_to(inflated.bytes.size()) || !unpacking.take_bytes(inflated.bytes.size(), *member))
      continue;
    unpacking.deliver_and_open(inflated.bytes, member, depth + 1);
    if (shows_text(inflated.bytes)) {
      const std::string text = pdf_text(inflated.bytes);
      if (!text.empty())
        unpacking.deliver(text, inside(*member, {Inside::Kind::archive_member, "text", "", ""}));
    }
  }
  if (broken > 0) {
    unpacking.gap(GapKind::unreadable, "damaged", *origin,
                  std::to_string(broken) + " streams of the document are damaged");
  }
  return unpacking.gap_count() == gaps_before;
}

}  // namespace kimiguard::archive
