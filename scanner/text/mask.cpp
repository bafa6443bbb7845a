// Keys are found in the text as it stands and in every view of it (all_views), to a depth; what is found
// in a view is mapped back. When the work for hostile text would grow too large, every long run of
// letters and digits is masked instead: nothing is let through because it was expensive to look at.
#include "scanner/text/mask.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "scanner/text/char_class.h"
#include "scanner/text/token.h"
#include "scanner/text/utf8.h"
#include "scanner/text/view.h"

namespace kimiguard::text {

namespace {

constexpr std::string_view kDots = "\xE2\x80\xA6";
constexpr unsigned kDepth = 4;
constexpr std::size_t kMostViews = 4096;

enum class Body { alnum, word, dashed, dotted, upper };  // word: + "_"; dashed: + "_" "-"; dotted: + "."

bool in_body(char c, Body body) {
  switch (body) {
    case Body::alnum:
      return is_alnum(c);
    case Body::word:
      return is_alnum(c) || c == '_';
    case Body::dashed:
      return is_key_char(c);
    case Body::dotted:
      return is_key_char(c) || c == '.';
    case Body::upper:
      return is_upper(c) || is_digit(c);
  }
  return false;
}

struct Kind {
  std::string_view prefix;
  std::string_view shown;
  Body body;
  std::size_t least;
};

// Vendors' public prefixes. Longer ones stand before those they begin with.
constexpr std::array<Kind, 62> kKinds = {{
    {"sk-kimi-", "sk-kimi-", Body::dashed, 12},
    {"sk-", "sk-", Body::dashed, 16},
    {"sk_live_", "sk_live_", Body::word, 12},
    {"sk_test_", "sk_test_", Body::word, 12},
    {"rk_live_", "rk_live_", Body::word, 12},
    {"whsec_", "whsec_", Body::alnum, 16},
    {"github_pat_", "github_pat_", Body::word, 20},
    {"ghp_", "ghp_", Body::alnum, 20},
    {"gho_", "gho_", Body::alnum, 20},
    {"ghu_", "ghu_", Body::alnum, 20},
    {"ghs_", "ghs_", Body::alnum, 20},
    {"ghr_", "ghr_", Body::alnum, 20},
    {"glpat-", "glpat-", Body::dotted, 16},
    {"gldt-", "gldt-", Body::dotted, 16},
    {"glrt-", "glrt-", Body::dotted, 16},
    {"glcbt-", "glcbt-", Body::dotted, 16},
    {"glptt-", "glptt-", Body::dotted, 16},
    {"AKIA", "AKIA", Body::upper, 16},
    {"ASIA", "ASIA", Body::upper, 16},
    {"ABIA", "ABIA", Body::upper, 16},
    {"AIza", "AIza", Body::dashed, 30},
    {"GOCSPX-", "GOCSPX-", Body::dashed, 16},
    {"ya29.", "ya29.", Body::dashed, 16},
    {"xoxa-", "xoxa-", Body::dashed, 10},
    {"xoxb-", "xoxb-", Body::dashed, 10},
    {"xoxc-", "xoxc-", Body::dashed, 10},
    {"xoxd-", "xoxd-", Body::dashed, 10},
    {"xoxe-", "xoxe-", Body::dashed, 10},
    {"xoxo-", "xoxo-", Body::dashed, 10},
    {"xoxp-", "xoxp-", Body::dashed, 10},
    {"xoxr-", "xoxr-", Body::dashed, 10},
    {"xoxs-", "xoxs-", Body::dashed, 10},
    {"xapp-", "xapp-", Body::dashed, 10},
    {"hf_", "hf_", Body::alnum, 20},
    {"gsk_", "gsk_", Body::alnum, 20},
    {"nvapi-", "nvapi-", Body::dashed, 20},
    {"tgp_v1_", "tgp_v1_", Body::dashed, 16},
    {"fw_", "fw_", Body::alnum, 16},
    {"npm_", "npm_", Body::alnum, 20},
    {"pypi-", "pypi-", Body::dashed, 16},
    {"r8_", "r8_", Body::alnum, 20},
    {"pplx-", "pplx-", Body::alnum, 20},
    {"xai-", "xai-", Body::alnum, 20},
    {"csk-", "csk-", Body::alnum, 20},
    {"tvly-", "tvly-", Body::dashed, 16},
    {"jina_", "jina_", Body::dashed, 20},
    {"SG.", "SG.", Body::dotted, 20},
    {"dop_v1_", "dop_v1_", Body::alnum, 20},
    {"shpat_", "shpat_", Body::alnum, 20},
    {"sq0atp-", "sq0atp-", Body::dashed, 16},
    {"glsa_", "glsa_", Body::word, 16},
    {"lin_api_", "lin_api_", Body::alnum, 16},
    {"ntn_", "ntn_", Body::alnum, 20},
    {"sntrys_", "sntrys_", Body::dashed, 20},
    {"hvs.", "hvs.", Body::dashed, 16},
    {"dckr_pat_", "dckr_pat_", Body::dashed, 16},
    {"sbp_", "sbp_", Body::alnum, 20},
    {"vck_", "vck_", Body::alnum, 20},
    {"AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1", Body::upper, 20},
    {"bce-v3/ALTAK-", "bce-v3/ALTAK-", Body::dashed, 16},
    {"ak-proj-", "ak-proj-", Body::dashed, 20},
    {"ark-", "ark-", Body::dashed, 24},
}};

// Kinds by their first character: the first of them, and for each the next with the same.
struct ByFirst {
  std::array<std::uint8_t, 256> head{};
  std::array<std::uint8_t, kKinds.size()> next{};
};
constexpr std::uint8_t kNone = 0xFF;
constexpr ByFirst by_first() {
  ByFirst index;
  for (auto& head : index.head) head = kNone;
  for (std::size_t i = kKinds.size(); i-- > 0;) {
    auto& head = index.head[static_cast<std::uint8_t>(kKinds[i].prefix[0])];
    index.next[i] = head;
    head = static_cast<std::uint8_t>(i);
  }
  return index;
}
constexpr ByFirst kByFirst = by_first();

// Which pairs of characters begin a prefix: tells nearly every place apart with one look.
constexpr std::array<std::uint64_t, 1024> first_pairs() {
  std::array<std::uint64_t, 1024> pairs{};
  for (const Kind& kind : kKinds) {
    const std::size_t pair = static_cast<std::size_t>(static_cast<std::uint8_t>(kind.prefix[0])) << 8 |
                             static_cast<std::uint8_t>(kind.prefix[1]);
    pairs[pair / 64] |= std::uint64_t{1} << pair % 64;
  }
  return pairs;
}
constexpr std::array<std::uint64_t, 1024> kFirstPairs = first_pairs();

std::string with_last_four(std::string_view prefix, std::string_view whole) {
  std::string shown(prefix);
  shown += kDots;
  if (whole.size() - prefix.size() >= 16) shown += whole.substr(whole.size() - 4);
  return shown;
}

std::size_t longest_alnum_run(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = is_alnum(c) ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

// Bits a character, by how often each occurs (Shannon).
double entropy(std::string_view text) {
  std::array<unsigned, 256> counts{};
  for (const char c : text) ++counts[static_cast<std::uint8_t>(c)];
  double bits = 0;
  for (const unsigned count : counts) {
    if (count == 0) continue;
    const double p = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= p * std::log2(p);
  }
  return bits;
}

class Finder {
 public:
  explicit Finder(std::string_view text) : text_(text) {}

  std::vector<Masked> find() {
    prefixed();
    web_tokens();
    authorization();
    urls();
    private_keys();
    assigned();
    return std::move(found_);
  }

 private:
  void add(std::uint64_t begin, std::uint64_t end, std::string shown) {
    found_.push_back({{begin, end}, std::move(shown)});
  }
  char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  bool begins(std::size_t i, std::string_view word) const { return text_.substr(i).starts_with(word); }

  // The end of the run of characters of one class that holds `from`. Remembered by class, so that text
  // made of prefixes does not cost its square.
  template <class In>
  std::size_t run_end(std::size_t from, std::size_t number, In in) {
    Span& known = runs_[number];
    if (from >= known.begin && from < known.end) return known.end;
    std::size_t end = from;
    while (end < text_.size() && in(text_[end])) ++end;
    known = {from, end};
    return end;
  }

  // Whether what stands before `i` cannot belong to a word: no letter or digit, or the letter of an
  // escape.
  bool word_begins(std::size_t i) const {
    if (i == 0 || !is_alnum(text_[i - 1])) return true;
    if (i >= 2 && text_[i - 2] == '\\') return true;
    return i >= 3 && text_[i - 3] == '%' && hex_value(text_[i - 2]) >= 0 && hex_value(text_[i - 1]) >= 0;
  }

  void prefixed() {
    for (std::size_t i = 0; i + 1 < text_.size();) {
      const std::size_t pair = static_cast<std::size_t>(static_cast<std::uint8_t>(text_[i])) << 8 |
                               static_cast<std::uint8_t>(text_[i + 1]);
      if ((kFirstPairs[pair / 64] >> pair % 64 & 1) == 0) {
        ++i;
        continue;
      }
      i = prefixed_at(i, kByFirst.head[static_cast<std::uint8_t>(text_[i])]);
    }
  }

  // Where to go on.
  std::size_t prefixed_at(std::size_t i, std::uint8_t number) {
    for (; number != kNone; number = kByFirst.next[number]) {
      const Kind& kind = kKinds[number];
      if (!begins(i, kind.prefix)) continue;
      const std::size_t body = i + kind.prefix.size();
      const std::size_t end = continued(kind, body,
                                        run_end(body, static_cast<std::size_t>(kind.body),
                                                [&](char c) { return in_body(c, kind.body); }));
      if (end - body < kind.least) continue;
      const std::string_view inside = text_.substr(body, std::min(end - body, kLooked));
      const std::size_t run = longest_alnum_run(inside);
      if (kind.prefix == "sk-") {
        if (run < 12 || (!word_begins(i) && run < 32)) continue;
      } else if (kind.prefix != "sk-kimi-" && !word_begins(i)) {
        continue;
      }
      add(i, end, with_last_four(kind.shown, text_.substr(i, end - i)));
      return end;
    }
    return i + 1;
  }

  // A Kimi key that goes on below a line end, where the two parts have exactly its length together.
  std::size_t continued(const Kind& kind, std::size_t body, std::size_t end) const {
    const std::size_t whole = kind.prefix == "sk-kimi-" ? 64 : kind.prefix == "sk-" ? 48 : 0;
    if (end - body >= whole) return end;
    std::size_t next = end;
    if (at(next) == '\r') ++next;
    if (at(next) != '\n') return end;
    ++next;
    while (is_blank(at(next))) ++next;
    std::size_t last = next;
    while (last < text_.size() && is_alnum(text_[last])) ++last;
    return last > next && (end - body) + (last - next) == whole ? last : end;
  }

  // JSON Web Tokens (RFC 7519): a base64url header that begins with {" and at least one more part.
  void web_tokens() {
    for (std::size_t i = text_.find("eyJ"); i != std::string_view::npos; i = text_.find("eyJ", i)) {
      std::size_t end = i;
      std::size_t dots = 0;
      while (end < text_.size() &&
             (is_key_char(text_[end]) || (text_[end] == '.' && is_key_char(at(end + 1))))) {
        dots += text_[end] == '.' ? 1 : 0;
        ++end;
      }
      if (dots >= 1 && end - i >= 24) {
        add(i, end, with_last_four("eyJ", text_.substr(i, end - i)));
      }
      // What begins later in the same run has no more dots than this.
      i = end;
    }
  }

  bool matches_lower(std::size_t i, std::string_view lower) const {
    if (i + lower.size() > text_.size()) return false;
    for (std::size_t n = 0; n < lower.size(); ++n) {
      if (to_lower(text_[i + n]) != lower[n]) return false;
    }
    return true;
  }

  // "Bearer <token>", "Basic <base64>" (RFC 6750, RFC 7617).
  void authorization() {
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] != 'b' && text_[i] != 'B') continue;
      const bool bearer = matches_lower(i, "bearer");
      if (!bearer && !matches_lower(i, "basic")) continue;
      std::size_t begin = i + (bearer ? 6 : 5);
      const std::size_t blank = begin;
      while (is_blank(at(begin)) || at(begin) == ':' || at(begin) == '+') ++begin;
      if (begins(begin, "%20")) begin += 3;
      if (begin == blank) continue;
      std::size_t end = run_end(begin, kHeaderRun, [](char c) {
        return is_key_char(c) || std::string_view("._~+/=").find(c) != std::string_view::npos;
      });
      while (end > begin && text_[end - 1] == '.') --end;
      const std::string_view token = text_.substr(begin, std::min(end - begin, kLooked));
      if (token.size() < 16) continue;
      if (!random_enough(token) && longest_alnum_run(token) < 24) continue;
      add(begin, end, std::string(kDots));
    }
  }

  // user:password@ of a URL (RFC 3986 §3.2.1), or a token in the place of the user.
  void urls() {
    for (std::size_t i = text_.find("://"); i != std::string_view::npos; i = text_.find("://", i + 3)) {
      const std::size_t begin = i + 3;
      std::size_t sign = std::string_view::npos;
      std::size_t colon = std::string_view::npos;
      for (std::size_t n = begin; n < text_.size() && n - begin < 1024; ++n) {
        const char c = text_[n];
        if (is_space(c) || c == '/' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '\\' ||
            c == '?' || c == '#' || c == '`') {
          break;
        }
        if (c == ':' && colon == std::string_view::npos) colon = n;
        if (c == '@') sign = n;
      }
      if (sign == std::string_view::npos) continue;
      if (colon != std::string_view::npos && colon + 1 < sign) {
        add(colon + 1, sign, std::string(kDots));
        if (colon - begin >= 20) add(begin, colon, std::string(kDots));
      } else if (colon == std::string_view::npos && sign - begin >= 20) {
        add(begin, sign, std::string(kDots));
      }
    }
  }

  // RFC 7468 and its relatives: everything between the lines, or to the end of the text.
  void private_keys() {
    for (std::size_t i = text_.find("-----BEGIN "); i != std::string_view::npos;
         i = text_.find("-----BEGIN ", i + 1)) {
      const std::size_t head = text_.find("-----", i + 11);
      if (head == std::string_view::npos || head - i > 80) continue;
      if (text_.substr(i, head - i).find("PRIVATE KEY") == std::string_view::npos) continue;
      const std::size_t begin = head + 5;
      const std::size_t tail = text_.find("-----END ", begin);
      const std::size_t end = tail == std::string_view::npos ? text_.size() : tail;
      if (begin < end) add(begin, end, std::string(kDots));
      if (tail == std::string_view::npos) break;
    }
  }

  static bool random_enough(std::string_view token) {
    bool digit = false;
    bool letter = false;
    bool lower = false;
    std::size_t slashes = 0;
    for (const char c : token) {
      digit = digit || is_digit(c);
      letter = letter || is_alpha(c);
      lower = lower || is_lower(c);
      slashes += c == '/' ? 1 : 0;
    }
    if (!digit || !letter) return false;
    // Names of variables and paths are no secrets.
    if (!lower && token.find('_') != std::string_view::npos) return false;
    const std::size_t run = longest_alnum_run(token);
    if (slashes >= 2 && run < 20) return false;
    return entropy(token) >= 3.0 && (run >= 12 || entropy(token) >= 3.7);
  }

  // name = value, "name": "value", --name value, <name>value: where the name speaks of a secret.
  void assigned() {
    // By their first letter; of two words here that begin alike only one can stand at a place.
    static constexpr auto kWords = [] {
      std::array<std::array<std::string_view, 4>, 26> words{};
      words['k' - 'a'] = {"key"};
      words['t' - 'a'] = {"token"};
      words['s' - 'a'] = {"secret", "session"};
      words['p' - 'a'] = {"password", "passwd", "passphrase", "pwd"};
      words['c' - 'a'] = {"credential", "cookie"};
      words['a' - 'a'] = {"auth"};
      return words;
    }();
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const char c = to_lower(text_[i]);
      if (c < 'a' || c > 'z' || i < seen) continue;
      for (const std::string_view word : kWords[static_cast<std::size_t>(c - 'a')]) {
        if (word.empty()) break;
        if (!matches_lower(i, word)) continue;
        std::size_t name = i + word.size();
        while (name < text_.size() && name - i < 80 && (is_key_char(text_[name]) || text_[name] == '.'))
          ++name;
        std::size_t start = i;
        while (start > 0 && i - start < 80 && is_key_char(text_[start - 1])) --start;
        seen = name;
        value_after(start, name);
        break;
      }
    }
  }

  void value_after(std::size_t name, std::size_t end) {
    const auto filler = [](char c) {
      return is_blank(c) || c == '"' || c == '\'' || c == '`' || c == '\\' || c == ']' || c == ')';
    };
    std::size_t i = end;
    while (i < text_.size() && i - end < 24 && filler(text_[i])) ++i;
    std::size_t separators = 0;
    while (i < text_.size() && separators < 3 &&
           (at(i) == '=' || at(i) == ':' || at(i) == '>' || at(i) == ',')) {
      ++i;
      ++separators;
    }
    const bool option = begins(name, "--") || begins(name, "-");
    if (separators == 0 && !(option && i > end)) return;
    const std::size_t after = i;
    while (i < text_.size() && i - after < 64 &&
           (filler(text_[i]) || text_[i] == '(' || text_[i] == '[' || text_[i] == '{' ||
            is_space(text_[i]))) {
      ++i;
    }
    // A letter of an escape such as \n before the value is not part of it.
    if (i > 0 && text_[i - 1] == '\\' && (at(i) == 'n' || at(i) == 'r' || at(i) == 't')) ++i;
    const std::size_t last = run_end(i, kValueRun, [](char c) {
      return is_key_char(c) || std::string_view("+/=.~").find(c) != std::string_view::npos;
    });
    const std::string_view value = text_.substr(i, std::min(last - i, kLooked));
    if (value.size() >= 20 && random_enough(value)) add(i, last, std::string(kDots));
  }

  static constexpr std::size_t kLooked = 1024;  // characters of a token that decide whether it is random
  static constexpr std::size_t kHeaderRun = 5;  // runs_ of what is no Body
  static constexpr std::size_t kValueRun = 6;

  std::string_view text_;
  std::vector<Masked> found_;
  std::array<Span, 7> runs_{};
};

// Sorts, joins what overlaps. Of two that cover each other the larger speaks; a union of two shows
// nothing.
void settle(std::vector<Masked>& found) {
  std::sort(found.begin(), found.end(), [](const Masked& a, const Masked& b) {
    if (a.span.begin != b.span.begin) return a.span.begin < b.span.begin;
    if (a.span.end != b.span.end) return a.span.end > b.span.end;
    // With its kind told first, so that a known prefix is shown rather than nothing.
    return a.shown.size() > b.shown.size();
  });
  std::vector<Masked> joined;
  for (Masked& next : found) {
    if (next.span.begin >= next.span.end) continue;
    if (joined.empty() || joined.back().span.end <= next.span.begin) {
      joined.push_back(std::move(next));
      continue;
    }
    Masked& last = joined.back();
    if (next.span.begin == last.span.begin && last.shown == kDots) last.shown = next.shown;
    if (next.span.end > last.span.end) {
      last.span.end = next.span.end;
      last.shown = kDots;
    }
  }
  found = std::move(joined);
}

using Find = std::function<std::vector<Masked>(std::string_view)>;

// What the budget counts is bytes looked at.
struct Budget {
  std::uint64_t left;
  bool spent = false;
  std::uint64_t examined = 0;
};

bool shows_text(std::string_view encoding) {
  return encoding != "base64" && encoding != "base64url" && encoding != "hex";
}

// A Kimi key of its full length: what stands on the next line is no part of it, even where the line is
// as long as a terminal that breaks lines.
bool is_whole_key(const Masked& one) {
  const std::uint64_t size = one.span.end - one.span.begin;
  return (size == 72 && one.shown.starts_with("sk-kimi-")) || (size == 51 && one.shown.starts_with("sk-"));
}

void find_nested(std::string_view text, unsigned depth, const Find& find, Budget& budget,
                 std::vector<Masked>& found) {
  if (text.size() > budget.left) {
    budget.spent = true;
    return;
  }
  budget.left -= text.size();
  budget.examined += text.size();
  found = find(text);
  if (depth == 0) return;
  std::vector<std::uint64_t> whole;
  for (const Masked& one : found)
    if (is_whole_key(one)) whole.push_back(one.span.begin);
  std::vector<View> views = all_views(text, kMostViews);
  if (views.size() == kMostViews) budget.spent = true;
  for (const View& view : views) {
    if (budget.spent) return;
    std::vector<Masked> inner;
    find_nested(view.text, depth - 1, find, budget, inner);
    for (Masked& one : inner) {
      const Span source = view.to_source(one.span);
      if (view.encoding() == "line-break" && std::find(whole.begin(), whole.end(), source.begin) != whole.end())
        continue;
      found.push_back({source,
                       shows_text(view.encoding()) ? std::move(one.shown) : std::string(kDots)});
    }
  }
}

// Adds to `examined` what it looked at.
std::vector<Masked> find_all(std::string_view text, const Find& find, std::uint64_t& examined) {
  Budget budget{(1 << 18) + 32 * text.size()};
  std::vector<Masked> found;
  find_nested(text, kDepth, find, budget, found);
  if (budget.spent) {
    for (const Digits digits : {Digits::base64, Digits::hex}) {
      for (const Token& token : tokens_in(text, digits, 16))
        found.push_back({token.all(), std::string(kDots)});
    }
  }
  examined += budget.examined;
  settle(found);
  return found;
}

std::string replace(std::string_view text, const std::vector<Masked>& found) {
  std::string out;
  std::uint64_t at = 0;
  for (const Masked& one : found) {
    out.append(text, at, one.span.begin - at);
    out += one.shown;
    at = one.span.end;
  }
  out.append(text, at);
  return out;
}

CountedMask mask_by(std::string_view text, const Find& find) {
  std::uint64_t examined = 0;
  const std::vector<Masked> found = find_all(text, find, examined);
  std::string masked = valid_utf8(replace(text, found));
  if (found.empty() && masked == text) return {std::move(masked), examined};
  // What a mask leaves may read as something new (two halves around it); repeated until nothing does.
  for (int round = 0; round < 8; ++round) {
    std::string again = replace(masked, find_all(masked, find, examined));
    if (again == masked) break;
    masked = std::move(again);
  }
  return {std::move(masked), examined};
}

}  // namespace

std::vector<Masked> find_keys(std::string_view text) {
  std::uint64_t examined = 0;
  return find_all(text, [](std::string_view part) { return Finder(part).find(); }, examined);
}

std::string mask_keys(std::string_view text) { return mask_keys_counted(text).text; }

CountedMask mask_keys_counted(std::string_view text) {
  return mask_by(text, [](std::string_view part) { return Finder(part).find(); });
}

std::string mask_exact(std::string_view text, std::string_view secret) {
  if (secret.empty()) return valid_utf8(text);
  const std::string shown = shown_form(secret);
  return mask_by(text, [&](std::string_view part) {
    std::vector<Masked> found;
    for (std::size_t at = part.find(secret); at != std::string_view::npos;
         at = part.find(secret, at + secret.size())) {
      found.push_back({{at, at + secret.size()}, shown});
    }
    return found;
  }).text;
}

std::string shown_form(std::string_view secret) {
  if (secret.size() < 16) return std::string(kDots);
  std::string_view prefix;
  if (secret.starts_with("eyJ")) prefix = "eyJ";
  for (const Kind& kind : kKinds) {
    if (!prefix.empty()) break;
    if (secret.starts_with(kind.prefix)) prefix = kind.shown;
  }
  return valid_utf8(with_last_four(prefix, secret));
}

bool is_hiding(char32_t code) {
  return (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7F && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || code == 0x061C ||
         (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE007F);
}

std::string printable(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  const auto escape = [&out](std::string_view head, char32_t value, int digits) {
    out += head;
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out.push_back(kHex[value >> shift & 15]);
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) {
      escape("\\x", static_cast<std::uint8_t>(text[at]), 2);
      ++at;
      continue;
    }
    const char32_t code = utf8_code_point(text, at, length);
    if (is_hiding(code) && code < 0xA0) {
      escape("\\x", code, 2);
    } else if (is_hiding(code)) {
      if (code > 0xFFFF) {
        escape("\\U", code, 8);
      } else {
        escape("\\u", code, 4);
      }
    } else {
      out.append(text, at, length);
    }
    at += length;
  }
  return out;
}

}  // namespace kimiguard::text
