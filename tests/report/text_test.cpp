#include "scanner/report/terminal.h"
#include "tests/report/written.h"

namespace kimiguard::report {
namespace {

Options at_width(int width, const char* language = "en") {
  Options options;
  options.width = width;
  options.language = language;
  return options;
}

std::string plain(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b')
      while (i < text.size() && text[i] != 'm') ++i;
    else
      out += text[i];
  }
  return out;
}

}  // namespace

TEST_CASE("a clean run is one honest line") {
  const std::string text = written("text", sample::scan({}));
  CHECK(text == "Nothing found. Read 11.7 MB in 1,204 files and 35,204 git objects; complete.\n");
}

TEST_CASE("a clean run that missed something says so first") {
  Report report = sample::scan({});
  report.coverage.gaps = {{GapKind::unreadable, "permission", "a/b", "permission denied", 1}};
  const std::string text = written("text", report, at_width(120));
  CHECK_THAT(text, ContainsSubstring("Nothing found in what could be read."));
  CHECK_THAT(text, ContainsSubstring("INCOMPLETE: 1 thing here"));
  CHECK_THAT(text, ContainsSubstring("Not read: a/b: permission denied"));
}

TEST_CASE("a key is one block: what, whose, where, who may have it, what to do") {
  sample::Random random(1);
  const Report report = sample::scan({sample::leak(random, "config/prod.env", 9)});
  const std::string text = written("text", report);
  const std::string id = report.findings[0].secret->id().substr(0, 8);
  for (const std::string& part :
       {std::string("CRITICAL  Kimi Code key"), report.findings[0].secret->masked(), id,
        std::string("https://www.kimi.com/code/console"), std::string("host api.kimi.com on line 2"),
        std::string("config/prod.env:3:14"), std::string("and 4 more"),
        std::string("Still in HEAD since 01234567"),
        std::string("Pushed: on origin/main since 2026-01-02, treat it as public"),
        "kimiguard ignore " + id + " --reason", std::string("1. Delete the key")})
    CHECK_THAT(text, ContainsSubstring(part));
  CHECK(text.find("config/prod.env:8:14") == std::string::npos);  // the sixth place
}

TEST_CASE("the same key in several files is one block") {
  sample::Random random(1);
  Finding first = sample::leak(random, "a.env");
  Finding second = first;
  second.places[0].path = second.places[0].uri = "b.env";
  const std::string text = written("text", sample::scan({first, second}));
  CHECK_THAT(text, ContainsSubstring("1 key where it should not be"));
  CHECK_THAT(text, ContainsSubstring("a.env:3:14"));
  CHECK_THAT(text, ContainsSubstring("b.env:3:14"));
}

TEST_CASE("a key whose region cannot be known names both consoles and why") {
  sample::Random random(2);
  const std::string text =
      written("text", sample::scan({sample::platform_leak(random, "a.py")}), at_width(200));
  CHECK_THAT(text, ContainsSubstring("cannot be known from the key"));
  CHECK_THAT(text, ContainsSubstring("https://platform.kimi.ai/console/api-keys and "
                                     "https://platform.kimi.com/console/api-keys"));
  CHECK_THAT(text, ContainsSubstring("Gone from HEAD but in history since 89abcdef (2025-11-05)."));
  CHECK_THAT(text,
             ContainsSubstring("Not pushed as far as this clone knows: take it out before you push."));
}

TEST_CASE("each class of provenance reads as a sentence") {
  sample::Random random(3);
  const std::vector<std::pair<ProvenanceClass, std::string>> classes = {
      {ProvenanceClass::stash, "Only in a stash"},
      {ProvenanceClass::unreachable, "Unreachable but stored"},
      {ProvenanceClass::tag, "kept by a tag"},
      {ProvenanceClass::reflog, "Only in the reflog"},
      {ProvenanceClass::staged, "Staged, not committed yet"}};
  for (const auto& [provenance, words] : classes) {
    Finding finding = sample::platform_leak(random, "a");
    finding.places[0].provenance.provenance = provenance;
    CHECK_THAT(written("text", sample::scan({finding})), ContainsSubstring(words));
  }
}

TEST_CASE("steps stand once for all keys of a realm, and not for others") {
  sample::Random random(4);
  const std::string text = written(
      "text", sample::scan({sample::leak(random, "a"), sample::leak(random, "b")}), at_width(120));
  const std::size_t first = text.find("Delete the key at");
  REQUIRE(first != std::string::npos);
  CHECK(text.find("Delete the key at", first + 1) == std::string::npos);
}

TEST_CASE("a key that nobody saw is replaced before it is deleted") {
  sample::Random random(5);
  const std::string text =
      written("text", sample::scan({sample::platform_leak(random, "a")}), at_width(200));
  CHECK(text.find("1. Create a new key") < text.find("then delete the old key"));
}

TEST_CASE("forty lines are enough for any number of keys, and say how to see all") {
  sample::Random random(6);
  for (const int count : {2, 3, 7, 40, 300}) {
    std::vector<Finding> findings;
    for (int i = 0; i < count; ++i)
      findings.push_back(i % 2 == 0 ? sample::leak(random, "dir/file" + std::to_string(i), 20)
                                    : sample::platform_leak(random, "dir/other" + std::to_string(i)));
    for (const int width : {60, 80, 200}) {
      const std::string text = written("text", sample::scan(findings), at_width(width));
      CHECK(lines_of(text).size() <= 40);
      if (count > 7) CHECK_THAT(text, ContainsSubstring("-v"));
    }
    Options all = at_width(80);
    all.verbose = true;
    const std::string text = written("text", sample::scan(findings), all);
    for (const Finding& finding : findings)
      CHECK_THAT(text, ContainsSubstring(finding.secret->id().substr(0, 8)));
    CHECK_THAT(text, ContainsSubstring("dir/file0:22:14"));
  }
}

TEST_CASE("no line is wider than the terminal, in either language") {
  sample::Random random(7);
  const Report report = sample::rich(random);
  for (const char* language : {"en", "zh"}) {
    for (const int width : {60, 72, 80, 100, 200}) {
      for (const bool verbose : {false, true}) {
        Options options = at_width(width, language);
        options.verbose = verbose;
        for (const std::string& line : lines_of(written("text", report, options))) {
          INFO(line);
          CHECK(display_width(line) <= width);
        }
      }
    }
  }
}

TEST_CASE("a narrow terminal takes the key from a row before the title and the place") {
  sample::Random random(5);
  const Report report = sample::scan({sample::leak(random, "a.env"), sample::platform_leak(random, "b.env")});
  const std::string text = written("text", report, at_width(60));
  // The row of the second key: its place is on it, its title is not cut, its own letters are left out.
  bool seen = false;
  for (std::size_t at = text.find("b.env:"); at != std::string::npos && !seen; at = text.find("b.env:", at + 1)) {
    const std::size_t begin = text.rfind('\n', at) + 1;
    const std::string row = text.substr(begin, text.find('\n', at) - begin);
    seen = row.find("…") == std::string::npos && row.find("sk-") == std::string::npos && row.find("key") != std::string::npos;
  }
  INFO(text);
  CHECK(seen);
}

TEST_CASE("colour changes nothing but colour") {
  sample::Random random(8);
  const Report report = sample::rich(random);
  Options options = at_width(80);
  const std::string without = written("text", report, options);
  options.color = true;
  const std::string with = written("text", report, options);
  CHECK(with != without);
  CHECK(plain(with) == without);
}

TEST_CASE("Chinese readers get Chinese") {
  sample::Random random(9);
  const std::string text =
      written("text", sample::scan({sample::leak(random, "a.env")}), at_width(80, "zh"));
  for (const char* part :
       {"严重", "Kimi Code 密钥", "签发方", "仍在 HEAD 中", "已推送", "怎么做", "立即在"})
    CHECK_THAT(text, ContainsSubstring(part));
  CHECK(text.find("Pushed") == std::string::npos);
}

TEST_CASE("control characters in names do not reach the terminal") {
  sample::Random random(10);
  Finding finding = sample::leak(random, "a\x1b]0;evil\x07\r\nb\xE2\x80\xAE.env");
  finding.places[0].variable = "X\x1b[2J";
  Report report = sample::scan({finding});
  report.coverage.gaps = {{GapKind::unreadable, "x", "g\x1b[31m", "r\x9b", 1}};
  report.notes = {"n\x1b[0m"};
  const std::string text = written("text", report, at_width(200));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\x07') == std::string::npos);
  CHECK(text.find('\r') == std::string::npos);
  CHECK(text.find("\xE2\x80\xAE") == std::string::npos);
  CHECK_THAT(text, ContainsSubstring("\\x1b]0;evil"));
}

TEST_CASE("quiet leaves findings and coverage") {
  sample::Random random(11);
  Options options;
  options.quiet = true;
  const std::string text = written("text", sample::scan({sample::leak(random, "a.env")}), options);
  CHECK_THAT(text, ContainsSubstring("CRITICAL"));
  CHECK_THAT(text, ContainsSubstring("complete."));
  CHECK(text.find("What to do") == std::string::npos);
}

TEST_CASE("a key is shown in full only where that was asked for") {
  sample::Random random(12);
  const Report report = sample::scan({sample::leak(random, "a.env")});
  const std::string key(report.findings[0].secret->reveal());
  CHECK(written("text", report).find(key) == std::string::npos);
  Options options = at_width(200);
  options.show_secrets = true;
  CHECK_THAT(written("text", report, options), ContainsSubstring(key));
  CHECK(written("json", report, options).find(key) == std::string::npos);
}

TEST_CASE("suppressed findings are counted, and listed with their reason when asked") {
  sample::Random random(13);
  const Report report = sample::rich(random);
  CHECK_THAT(written("text", report, at_width(200)), ContainsSubstring("1 suppressed"));
  Options options = at_width(200);
  options.verbose = true;
  options.with_suppressed = true;
  CHECK_THAT(written("text", report, options),
             ContainsSubstring(".kimiguardignore:4: revoked in March"));
}

TEST_CASE("a setting is told by its sentence and the change that mends it") {
  sample::Random random(14);
  const std::string text =
      written("text", sample::scan({sample::mismatch(random, "opencode.json")}), at_width(120));
  CHECK_THAT(text, ContainsSubstring("MEDIUM  Key and host do not belong together"));
  CHECK_THAT(text, ContainsSubstring("is sent to 'api.moonshot.ai', which refuses it"));
  CHECK_THAT(text, ContainsSubstring("https://api.moonshot.ai/v1 → https://api.kimi.com/coding/v1"));
  CHECK_THAT(text, ContainsSubstring("opencode.json:6:14"));
}

}  // namespace kimiguard::report
