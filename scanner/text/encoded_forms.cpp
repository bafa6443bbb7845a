// A key's shape is a row of sets of bytes. Base64 maps each row to a row again: a digit depends on one
// or two neighbouring bytes, so its set is what any choice of them gives (bytes outside of the key may
// be anything). Because rows go in and come out, the encoding can be applied twice, or to UTF-16.
// Repeats are folded into counted groups.
#include "scanner/text/encoded_forms.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <utility>

#include "scanner/text/char_class.h"

namespace kimiguard::text {

namespace {

using Set = std::bitset<256>;
using Row = std::vector<Set>;

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Characters of a body that must follow where a full count would make the automaton large.
constexpr unsigned kFew = 8;
constexpr unsigned kSome = 16;
// Characters that must stand together somewhere in an expression: with fewer, Hyperscan stops at every
// other word, and reading slows down many times. So "sk-" broken after one or two characters is not
// found.
constexpr std::size_t kLiteral = 3;

Set one(char c) {
  Set set;
  set.set(static_cast<std::uint8_t>(c));
  return set;
}

Set any() {
  Set set;
  set.set();
  return set;
}

Set alnum() {
  Set set;
  for (unsigned c = 0; c < 128; ++c) {
    if (is_alnum(static_cast<char>(c))) set.set(c);
  }
  return set;
}

Row key_row(std::string_view prefix, unsigned count) {
  Row row;
  for (const char c : prefix) row.push_back(one(c));
  row.insert(row.end(), count, alnum());
  return row;
}

// Each byte as the low byte of a unit of `unit` bytes.
Row widened(const Row& row, std::size_t unit, bool little) {
  Row out;
  for (const Set& set : row) {
    if (!little) out.insert(out.end(), unit - 1, one('\0'));
    out.push_back(set);
    if (little) out.insert(out.end(), unit - 1, one('\0'));
  }
  return out;
}

// The digits that hold at least one bit of the row, which begins `alignment` bytes into a group of
// three.
Row base64_row(const Row& row, unsigned alignment) {
  const auto byte_at = [&](std::size_t number) {
    return number < alignment || number - alignment >= row.size() ? any() : row[number - alignment];
  };
  const std::size_t first = alignment * 8 / 6;
  const std::size_t bits = (alignment + row.size()) * 8;
  Row out;
  for (std::size_t digit = first; digit * 6 < bits; ++digit) {
    const std::size_t bit = digit * 6;
    const std::size_t number = bit / 8;
    const unsigned shift = static_cast<unsigned>(bit % 8);
    // The high bits of the digit come from byte `number`, the others (if shift > 2) from the next.
    std::bitset<64> values;
    const Set high = byte_at(number);
    const Set low = shift > 2 ? byte_at(number + 1) : one('\0');
    std::bitset<64> highs;
    std::bitset<64> lows;
    for (unsigned b = 0; b < 256; ++b) {
      const unsigned wide = b << 8 >> (10 - shift);
      if (high[b]) highs.set(wide & 63);
      if (low[b]) lows.set(shift > 2 ? b >> (10 - shift) : 0);
    }
    for (unsigned h = 0; h < 64; ++h) {
      for (unsigned l = 0; highs[h] && l < 64; ++l) {
        if (lows[l]) values.set(h | l);
      }
    }
    Set set;
    for (unsigned value = 0; value < 64; ++value) {
      if (!values[value]) continue;
      set.set(static_cast<std::uint8_t>(kStandard[value]));
      set.set(static_cast<std::uint8_t>(kUrl[value]));
    }
    out.push_back(set);
  }
  return out;
}

std::string literal(char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  if (is_alnum(c)) return std::string(1, c);
  const auto byte = static_cast<std::uint8_t>(c);
  return std::string("\\x") + kHex[byte >> 4] + kHex[byte & 15];
}

std::string literals(std::string_view text) {
  std::string out;
  for (const char c : text) out += literal(c);
  return out;
}

std::string class_of(const Set& set) {
  if (set.count() == 1) {
    for (unsigned c = 0; c < 256; ++c) {
      if (set[c]) return literal(static_cast<char>(c));
    }
  }
  std::string out = "[";
  for (unsigned c = 0; c < 256; ++c) {
    if (!set[c]) continue;
    unsigned last = c;
    while (last + 1 < 256 && set[last + 1]) ++last;
    out += literal(static_cast<char>(c));
    if (last > c + 1) out += '-';
    if (last > c) out += literal(static_cast<char>(last));
    c = last;
  }
  return out + "]";
}

// Folds what repeats with a period of at most 8 into (?:…){n}.
std::string expression_of(const Row& row) {
  std::string out;
  for (std::size_t at = 0; at < row.size();) {
    std::size_t best_period = 1;
    std::size_t best_times = 1;
    for (std::size_t period = 1; period <= 8 && at + 2 * period <= row.size(); ++period) {
      std::size_t times = 1;
      while (at + (times + 1) * period <= row.size() &&
             std::equal(row.begin() + static_cast<std::ptrdiff_t>(at),
                        row.begin() + static_cast<std::ptrdiff_t>(at + period),
                        row.begin() + static_cast<std::ptrdiff_t>(at + times * period))) {
        ++times;
      }
      if (times > 1 && times * period > best_times * best_period) {
        best_period = period;
        best_times = times;
      }
    }
    std::string part;
    for (std::size_t i = 0; i < best_period; ++i) part += class_of(row[at + i]);
    if (best_times == 1) {
      out += part;
    } else {
      out += best_period == 1 ? part : "(?:" + part + ")";
      out += "{" + std::to_string(best_times) + "}";
    }
    at += best_period * best_times;
  }
  return out;
}

// How a line end stands inside a wrapped token: real or as an escape of a string, with an indentation, and marks of a
// quotation, a comment or a change before the digits.
constexpr std::string_view kWrap = R"re((?:\x5c+r)?(?:\x5c+n|\r?\n)[ \t]*(?:[!#%*+/:;>|\x2d]{1,4}[ \t]*){0,3})re";
constexpr std::string_view kBase64Class = R"re([\x2b\x2d/0-9A-Z_a-z])re";

// Wrapped base64 that holds the key. A line end stands in one place of a key's digits: so either the
// first or the last of those that the prefix fixes are unbroken, and the break comes after or before
// them. The exact digits are the decoder's to see.
std::string wrapped_base64(const Row& digits, std::size_t prefix) {  // its bytes
  std::size_t begin = 0;
  while (begin < digits.size() && digits[begin].count() > 1) ++begin;
  std::size_t fixed = 0;
  while (begin + fixed < digits.size() && digits[begin + fixed].count() <= 2 &&
         fixed < prefix * 4 / 3) {
    ++fixed;
  }
  const std::size_t half = std::max(std::min(fixed, kLiteral), fixed / 2);
  const auto part = [&](std::size_t from, std::size_t to) {
    return expression_of(Row(digits.begin() + static_cast<std::ptrdiff_t>(begin + from),
                             digits.begin() + static_cast<std::ptrdiff_t>(begin + to)));
  };
  const std::string any_digit(kBase64Class);
  return "(?:" + part(0, half) + any_digit + "{0,96}" + std::string(kWrap) + any_digit + "|" +
         std::string(kWrap) + any_digit + "{0," + std::to_string(half) + "}" +
         part(fixed - half, fixed) + any_digit + "{16})";
}

std::string hex_digit(unsigned value, bool upper, bool both) {
  static constexpr char kLower[] = "0123456789abcdef";
  static constexpr char kUpper[] = "0123456789ABCDEF";
  if (value < 10) return std::string(1, kLower[value]);
  if (both) return std::string("[") + kUpper[value] + kLower[value] + "]";
  return std::string(1, upper ? kUpper[value] : kLower[value]);
}

enum class Case { lower, upper, both };

std::string hex_of(char c, Case letters) {
  const auto byte = static_cast<std::uint8_t>(c);
  return hex_digit(byte >> 4, letters == Case::upper, letters == Case::both) +
         hex_digit(byte & 15, letters == Case::upper, letters == Case::both);
}

// The two hexadecimal digits of a letter or digit.
std::string hex_of_alnum(Case letters) {
  switch (letters) {
    case Case::lower:
      return "(?:3[0-9]|[46][1-9a-f]|[57][0-9a])";
    case Case::upper:
      return "(?:3[0-9]|[46][1-9A-F]|[57][0-9A])";
    case Case::both:
      break;
  }
  return "(?:3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa])";
}

// Hexadecimal that holds the key, wrapped (xxd -p, openssl): a part of the prefix before or behind a line end.
std::string wrapped_hex(std::string_view prefix) {
  const std::size_t half = std::max(std::min(prefix.size(), kLiteral), prefix.size() / 2);
  const auto part = [&](std::string_view of) {
    std::string digits;
    for (const char c : of) digits += hex_of(c, Case::both);
    return digits;
  };
  static constexpr std::string_view kDigit = "[0-9A-Fa-f]";
  return "(?:" + part(prefix.substr(0, half)) + std::string(kDigit) + "{0,160}" + std::string(kWrap) + std::string(kDigit) + "{8}|" +
         std::string(kWrap) + std::string(kDigit) + "{0," + std::to_string(2 * half) + "}" + part(prefix.substr(prefix.size() - half)) +
         std::string(kDigit) + "{16})";
}

std::string times(std::string_view what, unsigned count) {
  return std::string(what) + "{" + std::to_string(count) + "}";
}

constexpr std::string_view kAlnum = "[0-9A-Za-z]";

Result<Nothing> checked(std::string_view prefix, unsigned count) {
  if (prefix.empty() || prefix.size() > 64 || count < 8 || count > 512) {
    return Error{"usage",
                 "an encoded form needs a prefix of 1 to 64 characters and a count of 8 to 512"};
  }
  for (const char c : prefix) {
    if (c <= 0x20 || c >= 0x7F)
      return Error{"usage", "the prefix of an encoded form must be printable ASCII"};
  }
  return Nothing{};
}

// Decimal character references of letters and digits: 48-57, 65-90, 97-122.
constexpr std::string_view kDecimalAlnum =
    "(?:4[89]|5[0-7]|6[5-9]|[78][0-9]|90|9[7-9]|1[01][0-9]|12[0-2])";

// `one` makes the expression of each character of the prefix that is no letter or digit.
template <class One>
std::string with_escaped_punctuation(std::string_view prefix, One one) {
  std::string out;
  for (const char c : prefix) out += is_alnum(c) ? literal(c) : one(c);
  return out;
}

// The prefix with every character escaped, then characters that are or are not. The first escape is
// written without its head, so that a literal of several characters leads.
template <class One>
std::string all_escaped(std::string_view prefix, unsigned count, One one, std::string_view head,
                        std::string_view first_head, std::string_view body) {
  std::string out(first_head);
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (i != 0) out += head;
    out += one(prefix[i]);
  }
  return out + "(?:" + std::string(kAlnum) + "|" + std::string(head) + std::string(body) + "){" +
         std::to_string(std::min(count, kFew)) + "}";
}

void add_escaped_forms(std::string_view prefix, unsigned count, std::vector<EncodedForm>& forms) {
  const auto hex_one = [](char c) { return hex_of(c, Case::both); };
  const auto octal = [](char c) {
    std::string digits;
    const auto byte = static_cast<std::uint8_t>(c);
    for (int shift = 6; shift >= 0; shift -= 3)
      digits.push_back(static_cast<char>('0' + (byte >> shift & 7)));
    return digits[0] == '0' ? "0?" + digits.substr(1) : digits;
  };
  const auto decimal = [](char c) { return std::to_string(static_cast<int>(c)); };
  const std::string body = times(kAlnum, count);

  if (!std::all_of(prefix.begin(), prefix.end(), is_alnum)) {
    // Only the punctuation is escaped; any number of times, as strings in strings have it.
    forms.push_back({"percent-hyphen", "percent", with_escaped_punctuation(prefix, [&](char c) {
                                                    return "%(?:25)*" + hex_one(c);
                                                  }) + body});
    forms.push_back({"backslash-hyphen", "escape",
                     with_escaped_punctuation(prefix, [&](char c) {
                       return R"re(\x5c+(?:(?:u\x7b?0{0,6}|U0{0,6}|x\x7b?))re" + hex_one(c) +
                              R"re(\x7d?|)re" + octal(c) + "|" + literal(c) + ")";
                     }) + body});
    forms.push_back({"html-hyphen", "html", with_escaped_punctuation(prefix, [&](char c) {
                                              return "&(?:amp;)*#(?:0{0,6}" + decimal(c) +
                                                     "|[Xx]0{0,6}" + hex_one(c) + ");?";
                                            }) + body});
    forms.push_back({"quoted-printable-hyphen", "quoted-printable",
                     with_escaped_punctuation(prefix, [&](char c) { return "=" + hex_one(c); }) + body});
  }
  const std::string hex_body = hex_of_alnum(Case::both);
  const auto braced = [&](char c) { return hex_one(c) + R"re(\x7d?)re"; };
  const std::string braced_body = hex_body + R"re(\x7d?)re";
  forms.push_back({"percent-full", "percent",
                   all_escaped(prefix, count, hex_one, "%(?:25)*", "%(?:25)*", hex_body)});
  forms.push_back({"unicode-full", "escape",
                   all_escaped(prefix, count, braced, R"re(\x5c+(?:u\x7b?0{0,4}|U0{6}))re",
                               R"re((?:u\x7b?0{0,4}|U0{6}))re", braced_body)});
  forms.push_back({"x-full", "escape",
                   all_escaped(prefix, count, braced, R"re(\x5c+x\x7b?)re", R"re(x\x7b?)re", braced_body)});
  // 060-071, 101-132, 141-172.
  forms.push_back({"octal-full", "escape",
                   all_escaped(prefix, count, octal, R"re(\x5c+)re", "", "(?:0?[67][0-7]|1[0-7]{2})")});
  forms.push_back({"html-hex-full", "html",
                   all_escaped(prefix, count, hex_one, ";?&(?:amp;)*#[Xx]0{0,4}", "[Xx]0{0,4}", hex_body)});
  forms.push_back({"html-decimal-full", "html",
                   all_escaped(prefix, count, decimal, ";?&(?:amp;)*#0{0,4}", "#0{0,4}", kDecimalAlnum)});
}

}  // namespace

Result<std::vector<EncodedForm>> encoded_forms(std::string_view prefix, unsigned count) {
  if (auto fine = checked(prefix, count); !fine) return fine.error();
  std::vector<EncodedForm> forms;
  const Row key = key_row(prefix, count);

  for (unsigned alignment = 0; alignment < 3; ++alignment) {
    const std::string number = std::to_string(alignment);
    const Row digits = base64_row(key, alignment);
    forms.push_back({"base64-" + number, "base64", expression_of(digits)});
    forms.push_back({"base64-" + number + "-wrapped", "base64", wrapped_base64(digits, prefix.size())});
    for (unsigned again = 0; again < 3; ++again) {
      forms.push_back({"base64-base64-" + number + "-" + std::to_string(again), "base64,base64",
                       expression_of(base64_row(digits, again))});
    }
    // PowerShell's -EncodedCommand; what its Out-File wrote and certutil encoded.
    const Row wide = base64_row(widened(key, 2, true), alignment);
    forms.push_back({"base64-utf-16le-" + number, "base64,utf-16le", expression_of(wide)});
    forms.push_back({"base64-utf-16le-" + number + "-wrapped", "base64,utf-16le", wrapped_base64(wide, 2 * prefix.size())});
  }

  for (const bool upper : {false, true}) {
    std::string expression;
    const Case letters = upper ? Case::upper : Case::lower;
    for (const char c : prefix) expression += hex_of(c, letters);
    forms.push_back(
        {upper ? "hex-upper" : "hex-lower", "hex", expression + times(hex_of_alnum(letters), count)});
  }

  forms.push_back({"hex-wrapped", "hex", wrapped_hex(prefix)});

  const Row short_key = key_row(prefix, std::min(count, kSome));
  for (const bool little : {true, false}) {
    const std::string end = little ? "le" : "be";
    forms.push_back({"utf-16" + end, "utf-16" + end, expression_of(widened(key, 2, little))});
    forms.push_back({"utf-32" + end, "utf-32" + end, expression_of(widened(short_key, 4, little))});
  }
  add_escaped_forms(prefix, count, forms);
  return forms;
}

Result<std::vector<EncodedForm>> broken_forms(std::string_view prefix, unsigned count) {
  if (auto fine = checked(prefix, count); !fine) return fine.error();
  // A terminal's control sequence (colours come in pairs, and GNU grep adds "erase to the right" to each), itself
  // perhaps escaped by whoever wrote a log as JSON or as a literal.
  static constexpr std::string_view kControl =
      R"re((?:(?:\x1b|\^\[|\x5c+(?:u001[bB]|x1[bB]|033|e))(?:\[[0-9:;<=>?]{0,32}[@-~]|\([0-9A-Z])))re";
  // What comes between two parts of a key, without what follows it: the end of a literal and what joins
  // it to the next, a line end (soft, escaped or plain), control sequences.
  static constexpr std::string_view kBetween =
      R"re((?:\x5c*["'\x60][ \t\r\n\x5c]*(?:[+.&~,]|\.\.|\|\||<>|\+\+)?[ \t\r\n\x5c]*[FRBULfrbu@$]?["'\x60])re"
      R"re(|\r?\n| ?\r|=[ \t]*(?:\r?\n|\x5c+r\x5c+n|\x5c+n)|\x5c\r?\n[ \t]*|)re";
  // One character that is escaped where it need not be.
  static constexpr std::string_view kEscaped =
      R"re((?:\x5c+(?:u\x7b?0{0,6}|x\x7b?)[3-7][0-9A-Fa-f]|%(?:25)*[3-7][0-9A-Fa-f]|&(?:amp;)*#[0-9A-Fa-fXx]{2,8}))re";
  // A tag, a character that is not seen, or a backspace (strip_markup, strip_invisible, decode_terminal); of what follows the
  // decoder judges.
  static constexpr std::string_view kLooks = R"re(</?[a-zA-Z]|\x08|\xe2(?:\x80[\x8b-\x8f]|\x81[\xa0-\xa4])|\xc2\xad|\xef\xb8[\x80-\x8f]|\xef\xbb\xbf)re";
  // The beginning of an operating system command, a link for example: how long it is nobody knows.
  static constexpr std::string_view kCommand = R"re(\x1b\][0-9])re";
  const std::string between = std::string(kBetween) + std::string(kControl) + "{1,8})";
  // Letters before the prefix make it part of another word ("task-"); without this, prose that is full
  // of such words stops the scan at every line end. A control sequence ends in a letter that is no part of a word.
  const std::string left = R"re((?:^|[^0-9A-Za-z]|\x5c[nrt]|[%=][0-9A-Fa-f]{2}|)re" + std::string(kControl) + ")";
  // The first characters lead; the rest of the prefix may stand on either side of the break.
  Set rest = alnum();
  for (const char c : prefix.substr(std::min(prefix.size(), kLiteral)))
    rest.set(static_cast<std::uint8_t>(c));
  const std::size_t most = prefix.size() - std::min(prefix.size(), kLiteral) + count - 1;
  std::vector<EncodedForm> forms;
  forms.push_back({"broken", "",
                   left + literals(prefix.substr(0, kLiteral)) + class_of(rest) + "{0," +
                       std::to_string(most) + "}(?:" + between + class_of(rest) + "|" +
                       std::string(kEscaped) + "|" + std::string(kLooks) + "|" + std::string(kCommand) + ")"});
  return forms;
}

}  // namespace kimiguard::text
