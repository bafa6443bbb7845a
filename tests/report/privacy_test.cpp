// No format lets a key out, wherever in a report it stands.
#include <nlohmann/json.hpp>

#include "tests/report/written.h"

namespace kimiguard::report {
namespace {

std::string base64(std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      out += kAlphabet[bits >> count & 63U];
    }
  }
  if (count > 0) out += kAlphabet[bits << (6 - count) & 63U];
  return out;
}

// Puts what `next` gives into every field of a report that can hold what was scanned.
template <class Next>
void plant(Report& report, const Next& next) {
  report.repositories.front().remote = "https://user:" + next() + "@host/" + next() + ".git";
  report.repositories.front().branch = "b/" + next();
  report.uri_bases["SRCROOT"] = "file:///x/" + next() + "/";
  report.notes = {"note " + next()};
  report.coverage.gaps = {{GapKind::unreadable, "x", "dir/" + next(), "because " + next(), 1}};
  const auto into = [&](Place& place) {
    place.path = "p/" + next() + ".env";
    place.uri = "u/" + next() + ".env";
    place.inside = {{Inside::Kind::archive_member, "m/" + next(), "", ""},
                    {Inside::Kind::table_cell, next(), next(), next()}};
    place.region.snippet = "KEY=" + next() + "\n";
    place.region.context_snippet = "a\nKEY='" + next() + "'\nb";
    place.region.line_without_secret = "x " + next();
    place.provenance.author = next() + " <a@b>";
    place.provenance.paths = {"q/" + next()};
    place.provenance.refs = {"refs/heads/" + next()};
    place.provenance.remotes = {"refs/remotes/origin/" + next()};
    place.variable = "V_" + next();
    place.role = "same key as " + next();
  };
  for (Finding& finding : report.findings) {
    finding.issuer = next();
    finding.evidence.push_back({"name", next(), 3});
    for (auto& [name, value] : finding.arguments) value = "is " + next();
    finding.key_path = finding.key_path.empty() ? "" : "a." + next();
    finding.changes = {{"f/" + next(), "k." + next(), "from " + next(), "to " + next()}};
    for (Place& place : finding.places) into(place);
    for (Place& place : finding.settings) into(place);
    finding.suppression.reset();
  }
  report.findings.back().suppression = Suppression{"inline", "fine: " + next(), "w/" + next() + ":3"};
}

}  // namespace

TEST_CASE("no format holds a key, whatever field it was planted in") {
  const std::uint64_t seed = std::random_device{}();
  INFO("seed " << seed);
  sample::Random random(seed);
  for (int round = 0; round < 6; ++round) {
    Report report = sample::rich(random);
    std::vector<std::string> keys;
    for (const Finding& finding : report.findings) keys.emplace_back(finding.secret->reveal());
    std::vector<std::string> strangers;  // keys that no finding knows
    const std::size_t known = keys.size();
    plant(report, [&]() -> std::string {
      switch (random() % 4) {
        case 0:
          return keys[random() % known];
        case 1:
          return base64("pad"[random() % 3] + keys[random() % known]);
        case 2:
          strangers.push_back(sample::random_key(random, "sk-kimi-", 64));
          return strangers.back();
        default:
          strangers.push_back(sample::random_key(random, "sk-", 48));
          return strangers.back();
      }
    });
    keys.insert(keys.end(), strangers.begin(), strangers.end());
    for (const Writer& writer : writers()) {
      for (const char* language : {"en", "zh"}) {
        Options options;
        options.language = language;
        options.with_suppressed = true;
        options.verbose = true;
        options.width = 4000;
        const std::string text = written(writer.name, report, options);
        for (const std::string& key : keys) {
          INFO(writer.name << " " << key);
          // Not even half of one.
          CHECK(text.find(key.substr(8, key.size() / 2)) == std::string::npos);
          CHECK(text.find(key.substr(key.size() / 2, key.size() / 2 - 4)) == std::string::npos);
          CHECK(text.find(base64(key).substr(4, 40)) == std::string::npos);
        }
      }
    }
  }
}

TEST_CASE("the same report is the same bytes, in every format") {
  sample::Random first(5);
  sample::Random second(5);
  const Report a = sample::rich(first);
  const Report b = sample::rich(second);
  for (const Writer& writer : writers()) {
    INFO(writer.name);
    CHECK(written(writer.name, a) == written(writer.name, b));
  }
}

TEST_CASE("masking twice changes nothing") {
  sample::Random random(6);
  const Report report = sample::rich(random);
  const Redactor redact(report);
  for (const Finding& finding : report.findings) {
    const std::string once = redact("a " + std::string(finding.secret->reveal()) + " b");
    CHECK(once == "a " + finding.secret->masked() + " b");
    CHECK(redact(once) == once);
  }
}

TEST_CASE("bytes around a key stay as they are, UTF-8 or not") {
  sample::Random random(7);
  const Report report = sample::scan({sample::leak(random, "a")});
  const Secret& secret = *report.findings[0].secret;
  CHECK(Redactor(report)("\xFF/" + std::string(secret.reveal()) + "/\xE4") ==
        "\xFF/" + secret.masked() + "/\xE4");
}

TEST_CASE("ordinary names are left alone") {
  const Redactor redact;
  for (const char* name : {"src/task-management/disk-usage.cpp", "refs/heads/feature/sk-ip-list",
                           "https://api.kimi.com/coding/v1", "0123456789abcdef0123456789abcdef01234567",
                           "kimi-k2-0711-preview", "sk-learn/sk-image.py"})
    CHECK(redact(name) == name);
}

}  // namespace kimiguard::report
