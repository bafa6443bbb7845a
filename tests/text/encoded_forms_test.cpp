#include "scanner/text/encoded_forms.h"

#include <hs.h>
#include <re2/re2.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scanner/text/view.h"
#include "tests/support/catch.h"
#include "tests/text/samples.h"

using namespace kimiguard;
using namespace kimiguard::text;

namespace {

// Both engines on one expression: where RE2 says it matches first, {0, 0} if nowhere. Fails where they
// differ.
class Engines {
 public:
  explicit Engines(const EncodedForm& form) {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);
    options.set_log_errors(false);
    re2_ = std::make_unique<RE2>("(" + form.expression + ")", options);
    REQUIRE(re2_->ok());
    hs_compile_error_t* error = nullptr;
    const hs_error_t code = hs_compile(form.expression.c_str(), HS_FLAG_SINGLEMATCH | HS_FLAG_DOTALL,
                                       HS_MODE_BLOCK, nullptr, &database_, &error);
    INFO(form.id << ": " << (error != nullptr ? error->message : ""));
    REQUIRE(code == HS_SUCCESS);
    REQUIRE(hs_alloc_scratch(database_, &scratch_) == HS_SUCCESS);
  }
  ~Engines() {
    hs_free_scratch(scratch_);
    hs_free_database(database_);
  }
  Engines(const Engines&) = delete;
  Engines& operator=(const Engines&) = delete;

  Span find(const std::string& text) const {
    bool hit = false;
    const auto on_match = [](unsigned, unsigned long long, unsigned long long, unsigned, void* to) {
      *static_cast<bool*>(to) = true;
      return 0;
    };
    REQUIRE(hs_scan(database_, text.data(), static_cast<unsigned>(text.size()), 0, scratch_, on_match,
                    &hit) == HS_SUCCESS);
    re2::StringPiece found;
    const bool matched = RE2::PartialMatch(text, *re2_, &found);
    CHECK(matched == hit);
    if (!matched) return {};
    const auto begin = static_cast<std::uint64_t>(found.data() - text.data());
    return {begin, begin + found.size()};
  }

 private:
  std::unique_ptr<RE2> re2_;
  hs_database_t* database_ = nullptr;
  hs_scratch_t* scratch_ = nullptr;
};

// The source span from which decoding gives `key` back, looking at views of views.
Span found_by_decoding(const std::string& text, Span around, const std::string& key) {
  struct Step {
    View view;
    Span around;
  };
  std::vector<Step> steps;
  for (View& view : views_at(text, around)) {
    const Span inside = view.from_source(around);
    steps.push_back({std::move(view), inside});
  }
  for (int depth = 0; depth < 4; ++depth) {
    std::vector<Step> next;
    for (const Step& step : steps) {
      const std::size_t at = step.view.text.find(key);
      if (at != std::string::npos) return step.view.to_source({at, at + key.size()});
      for (View& inner : views_at(step.view.text, step.around)) {
        View view = compose(step.view, std::move(inner));
        const Span inside = view.from_source(around);
        next.push_back({std::move(view), inside});
      }
    }
    steps = std::move(next);
    if (steps.size() > 64) break;
  }
  return {};
}

std::string escape_all(const std::string& text, const std::string& before, const std::string& after,
                       bool upper) {
  std::string out;
  for (const char c : text) out += before + samples::hex(std::string(1, c), upper) + after;
  return out;
}

std::string escape_hyphens(const std::string& text, const std::string& with) {
  std::string out;
  for (const char c : text) out += c == '-' ? with : std::string(1, c);
  return out;
}

std::string decimal(const std::string& text) {
  std::string out;
  for (const char c : text) out += "&#" + std::to_string(static_cast<int>(c)) + ";";
  return out;
}

struct Kind {
  std::string prefix;
  unsigned count;
};
const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {{"sk-", 48}, {std::string("sk-") + "kimi-", 64}};
  return all;
}

}  // namespace

TEST_CASE(
    "random keys in every encoded form are found by both engines and decode to the key at its place") {
  samples::Random random(1);
  for (const Kind& kind : kinds()) {
    const auto forms = encoded_forms(kind.prefix, kind.count);
    REQUIRE(forms.ok());
    for (const EncodedForm& form : *forms) {
      const Engines engines(form);
      INFO(form.id << " " << form.expression);
      for (int round = 0; round < 40; ++round) {
        const std::string key = kind.prefix + random.alnum(kind.count);
        // Text around it inside the encoding; the length before it decides the alignment.
        std::string before = "KEY=" + random.alnum(random.below(9));
        const std::string after = "\n" + random.alnum(random.below(9)) + " ";
        const auto align = [&](unsigned alignment) {
          while (before.size() % 3 != alignment) before += ' ';
        };
        std::string encoded;
        const std::string& id = form.id;
        if (id.starts_with("base64-base64-")) {
          align(static_cast<unsigned>(id[14] - '0'));
          std::string inner = samples::base64(before + key + after, round % 2 == 1);
          // Where the key's digits begin in the inner text decides the outer alignment.
          const std::size_t first = before.size() * 8 / 6;
          const std::string lead((static_cast<unsigned>(id[16] - '0') + 3 - first % 3) % 3, ' ');
          encoded = samples::base64(lead + inner);
        } else if (id == "hex-wrapped") {
          const std::size_t width = round % 2 == 0 ? 60 : 32;
          do {
            before = random.alnum(random.below(60));
          } while (kind.prefix.size() < 6 && before.size() * 2 % width > width - 6);
          encoded = samples::wrap(samples::hex(before + key + after + random.alnum(40), round % 3 == 0), width,
                                  round % 4 < 2 ? "\n" : "\r\n> ");
          if (round % 4 >= 2) encoded = "\n> " + encoded;
        } else if (id.starts_with("base64-utf-16le-") && id.ends_with("-wrapped")) {
          const std::size_t width = round % 2 == 0 ? 64 : 76;
          do {
            before = random.alnum(random.below(60));
          } while (before.size() * 2 % 3 != static_cast<unsigned>(id[16] - '0') ||
                   (kind.prefix.size() < 6 && before.size() * 16 / 6 % width > width - 9));
          encoded = samples::wrap(samples::base64(samples::wide(before + key + after + random.alnum(40), 2, true)), width, "\n");
        } else if (id.starts_with("base64-utf-16le-")) {
          while (before.size() * 2 % 3 != static_cast<unsigned>(id[16] - '0')) before += ' ';
          encoded = samples::base64(samples::wide(before + key + after, 2, true));
        } else if (id.ends_with("-wrapped")) {
          const std::size_t width = round % 2 == 0 ? 64 : 76;
          // A short prefix broken within its own few digits is given up, see kLiteral.
          do {
            before = random.alnum(random.below(60));
            align(static_cast<unsigned>(id[7] - '0'));
          } while (kind.prefix.size() < 6 && before.size() * 8 / 6 % width > width - 6);
          const std::string lines = samples::base64(before + key + after + random.alnum(40));
          encoded = samples::wrap(lines, width,
                                  round % 3 == 0   ? "\n"
                                  : round % 3 == 1 ? "\r\n    "
                                                   : "\\n");
        } else if (id.starts_with("base64-")) {
          align(static_cast<unsigned>(id[7] - '0'));
          encoded = samples::base64(before + key + after, round % 2 == 1, round % 4 < 2);
        } else if (id == "hex-lower" || id == "hex-upper") {
          encoded = samples::hex(before + key + after, id == "hex-upper");
        } else if (id.starts_with("utf-")) {
          encoded =
              samples::wide(before + key + after, id.starts_with("utf-16") ? 2 : 4, id.ends_with("le"));
        } else if (id == "percent-hyphen") {
          encoded = before + escape_hyphens(key, round % 2 == 0 ? "%2D" : "%252d");
        } else if (id == "percent-full") {
          encoded = escape_all(before + key, round % 2 == 0 ? "%" : "%25", "", round % 3 == 0);
        } else if (id == "backslash-hyphen") {
          static const std::vector<std::string> hyphens = {"\\u002d", "\\\\u002D", "\\u{2d}", "\\x2d",
                                                           "\\\\x2D", "\\055",     "\\-",     "\\\\-"};
          encoded =
              before + escape_hyphens(key, hyphens[static_cast<std::size_t>(round) % hyphens.size()]);
        } else if (id == "unicode-full") {
          encoded = escape_all(before + key, "\\u00", "", round % 2 == 0);
        } else if (id == "x-full") {
          encoded = escape_all(before + key, "\\x", "", round % 2 == 0);
        } else if (id == "html-hyphen") {
          static const std::vector<std::string> hyphens = {"&#x2d;", "&amp;#x2D;", "&#45;", "&#045;"};
          encoded =
              before + escape_hyphens(key, hyphens[static_cast<std::size_t>(round) % hyphens.size()]);
        } else if (id == "octal-full") {
          for (const char c : before + key) {
            const auto byte = static_cast<unsigned char>(c);
            encoded += round % 2 == 0 && byte < 0100 ? "\\0" : "\\";
            if (byte >= 0100) encoded += static_cast<char>('0' + (byte >> 6));
            encoded += static_cast<char>('0' + (byte >> 3 & 7));
            encoded += static_cast<char>('0' + (byte & 7));
          }
        } else if (id == "html-hex-full") {
          encoded = escape_all(before + key, "&#x", ";", round % 2 == 0);
        } else if (id == "html-decimal-full") {
          encoded = decimal(before + key);
        } else if (id == "quoted-printable-hyphen") {
          encoded = "KEY=3D" + escape_hyphens(key, "=2D");
        } else {
          FAIL("no sample for " << id);
        }
        const std::string head =
            "first line\n" + (id.starts_with("utf-") ? std::string(8, '\0') : std::string("x: "));
        const std::string text = head + encoded + "\nlast line\n";
        const Span hit = engines.find(text);
        INFO(text);
        REQUIRE(hit.size() > 0);
        CHECK(hit.begin >= head.size());
        const Span source = found_by_decoding(text, hit, key);
        REQUIRE(source.size() > 0);
        CHECK(source.begin >= head.size());
        CHECK(source.end <= head.size() + encoded.size());
        // The place is exact: what stands there, and no less, decodes to the key.
        CHECK(source.begin <= hit.end);
        CHECK(source.end >= hit.begin);
      }
    }
  }
}

TEST_CASE("keys that something breaks are found and joined") {
  samples::Random random(2);
  for (const Kind& kind : kinds()) {
    const auto forms = broken_forms(kind.prefix, kind.count);
    REQUIRE(forms.ok());
    std::vector<std::unique_ptr<Engines>> engines;
    for (const EncodedForm& form : *forms) engines.push_back(std::make_unique<Engines>(form));
    static const std::vector<std::string> breaks = {"concatenation",  "line-break",   "ansi", "ansi-matched", "ansi-command",
                                                    "soft-break",     "continuation", "escape-inside",
                                                    "percent-inside", "html-inside"};
    for (const std::string& how : breaks) {
      for (int round = 0; round < 30; ++round) {
        const std::string key = kind.prefix + random.alnum(kind.count);
        std::size_t cut = 1 + random.below(key.size() - 1);
        // "sk-" broken after one or two characters is given up, see kLiteral.
        cut = std::max<std::size_t>(3, cut);
        const std::string left = key.substr(0, cut);
        const std::string right = key.substr(cut);
        const std::size_t deep = kind.prefix.size() + random.below(kind.count - 1);
        std::string text;
        std::string first = left;
        if (how == "concatenation") {
          static const std::vector<std::string> joints = {
              "\" + \"", "' +\n      '", "\" .. \"", "' . '", "\" & \"", "\"\n  \"", "\" \\\n \""};
          text = "key = \"" + left + joints[random.below(joints.size())] + right + "\";\n";
        } else if (how == "line-break") {
          text = std::string(79 - cut, 'x') + " " + left + "\n" + right + "\n";
        } else if (how == "ansi") {
          // A colour that ends and one that begins; and what grep --color=always writes around what it found.
          text = round % 3 == 0   ? "\x1b[32mkey\x1b[0m=" + left + "\x1b[1;31m" + right + "\x1b[0m\n"
                 : round % 3 == 1 ? "key=\x1b[32m" + left + "\x1b[0m\x1b[31m" + right + "\x1b[0m\n"
                                  : "key=\x1b[01;31m\x1b[K" + left + "\x1b[m\x1b[K" + right + "\n";
        } else if (how == "ansi-matched") {
          // What GNU grep, ripgrep and tput write around a match, here the beginning of the key.
          static const std::vector<std::pair<std::string, std::string>> kColours = {
              {"\x1b[01;31m\x1b[K", "\x1b[m\x1b[K"}, {"\x1b[0m\x1b[1m\x1b[31m", "\x1b[0m"}, {"^[[31m", "\x1b(B\x1b[m"}};
          const auto& [on, off] = kColours[random.below(kColours.size())];
          text = "key = \"" + on + left + off + right + "\"\n";
        } else if (how == "ansi-command") {
          // A link that begins, or a shell's mark, within the key.
          static const std::vector<std::string> kCommands = {"\x1b]8;;https://example.org/\x1b\\", "\x1b]8;;https://example.org/\a", "\x1b]133;A\a"};
          text = "key=" + left + kCommands[random.below(kCommands.size())] + right + "\x1b]8;;\x1b\\\n";
        } else if (how == "soft-break") {
          text = "Subject: x\n\nKEY=3D " + left + "=\n" + right + "\n";
        } else if (how == "continuation") {
          text = "key = \"" + left + "\\\n    " + right + "\"\n";
        } else {
          first = key.substr(0, deep);
          const std::string head = how == "escape-inside"    ? (round % 2 == 0 ? "\\u00" : "\\x")
                                   : how == "percent-inside" ? "%"
                                                             : "&#x";
          text = "k: \"" + first + head + samples::hex(key.substr(deep, 1)) +
                 (head == "&#x" ? ";" : "") + key.substr(deep + 1) + "\"\n";
        }
        INFO(how << ": " << text);
        Span hit{};
        for (const auto& engine : engines) {
          if (hit.size() == 0) hit = engine->find(text);
        }
        REQUIRE(hit.size() > 0);
        const Span source = found_by_decoding(text, hit, key);
        REQUIRE(source.size() > 0);
        CHECK(text.substr(source.begin).starts_with(first));
        CHECK(text.substr(0, source.end).ends_with(key.substr(key.size() - 1)));
      }
    }
  }
}

TEST_CASE("encoded forms leave source code alone") {
  samples::Random random(3);
  const auto forms = encoded_forms("sk-", 48);
  REQUIRE(forms.ok());
  const std::string text =
      random.of("abcdefghijklmnop task-disk-0123%\\&#;=", 200000) + random.alnum(200000);
  for (const EncodedForm& form : *forms) {
    if (form.id.ends_with("-wrapped")) continue;
    INFO(form.id);
    CHECK(Engines(form).find(text).size() == 0);
  }
}

TEST_CASE("a prefix or count out of bounds is refused") {
  CHECK_FALSE(encoded_forms("", 48).ok());
  CHECK_FALSE(encoded_forms("sk-", 3).ok());
  CHECK_FALSE(encoded_forms("sk\n", 48).ok());
  CHECK(encoded_forms("sk-", 100000).error().code == "usage");
}
