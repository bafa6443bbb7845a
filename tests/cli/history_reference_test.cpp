// What the walk over a history finds, held against a slow reference: each blob whole and by itself, by a detector that has
// seen nothing before. The histories are made at random, by git, so that their blobs are long chains of deltas; KIMIGUARD_SEEDS
// says how many more than the fixed one are made.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "scanner/cli/git_scan.h"
#include "scanner/source/git/repository/repository.h"
#include "tests/cli/program.h"
#include "tests/detect/scan_text.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace kimiguard::test {
namespace {

std::string base64(std::string_view text, bool padded = false) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string coded;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    bits = bits << 8 | static_cast<std::uint8_t>(c);
    for (held += 8; held >= 6; held -= 6) coded += kDigits[bits >> (held - 6) & 63];
  }
  if (held > 0) coded += kDigits[bits << (6 - held) & 63];
  while (padded && coded.size() % 4 != 0) coded += '=';
  return coded;
}

// Each byte as `lead`, at least `width` digits and `end`.
std::string each(std::string_view text, const std::string& lead, unsigned base, std::size_t width, const std::string& end = "") {
  std::string coded;
  for (const char c : text) {
    std::string digits;
    for (unsigned rest = static_cast<std::uint8_t>(c); rest > 0 || digits.size() < width; rest /= base) digits.insert(digits.begin(), "0123456789abcdef"[rest % base]);
    coded += lead + digits + end;
  }
  return coded;
}

std::string quoted(const std::string& text) {
  std::string made = "\"";
  for (const char c : text) made += c == '\n' ? "\\n" : c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return made + "\"";
}

class Writer {
 public:
  explicit Writer(std::uint32_t seed) : random_(seed), keys_(seed + 1) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::string words(std::size_t bytes) {
    static constexpr std::array<const char*, 12> kWords = {"return", "value", "for", "item", "in", "list", "if", "open", "the", "file", "end", "next"};
    std::string text;
    for (std::size_t line = 0; text.size() < bytes; ++line) text += std::string(kWords[below(kWords.size())]) + (line % 7 == 6 ? "\n" : " ");
    return text + "\n";
  }

  // A key of any kind, as it stands.
  std::string key() {
    if (!old_.empty() && below(4) == 0) return old_[below(old_.size())];
    std::string made;
    switch (below(4)) {
      case 0: made = keys_.kimi_code(); break;
      case 1: case 2: made = keys_.platform(); break;
      default: {
        static constexpr std::array<const char*, 4> kFacts = {R"({"app_id":"kimi","iss":"user-center")", R"({"iss":"kimi-auth")", R"({"iss":"user-center")", R"({"iss":"example.org")"};
        made = base64(R"({"alg":"HS512","typ":"JWT"})") + "." +
               base64(kFacts[below(4)] + std::string(R"(,"exp":1999999999,"sub":")") + keys_.alnum(20) + "\"}") + "." + keys_.alnum(86);
      }
    }
    old_.push_back(made);
    return made;
  }

  std::string name() {
    static constexpr std::array<const char*, 8> kNames = {"KIMI_API_KEY", "MOONSHOT_API_KEY", "kimi-auth", "api_key", "OPENAI_API_KEY", "token", "K\\u0069MI_TOKEN", "kimi\\x5fauth"};
    return kNames[below(kNames.size())];
  }

  std::string evidence() {
    static constexpr std::array<const char*, 6> kLines = {"base_url = \"https://api.moonshot.cn/v1\"\n", "url: https://api.kimi.com/coding/\n", "base_url = \"https://api.openai.com/v1\"\n",
                                                         "# for Moonshot\n", "provider = \"k\\u0069mi\"\n", "HOST=https%3A%2F%2Fapi.moonshot.ai%2Fv1\n"};
    return kLines[below(kLines.size())];
  }

  std::string statement() {
    const std::string plain = name() + (below(2) == 0 ? "=" : ": ") + key() + "\n";
    switch (below(14)) {
      case 0: return "data = \"" + base64(plain, true) + "\"\n";
      case 1: return "data = \"" + base64(base64(plain, true), true) + "\"\n";
      case 2: return "hex = " + each(plain, "", 16, 2) + "\n";
      case 3: return "esc = \"" + each(plain, "\\x", 16, 2) + "\"\n";
      case 4: return "esc = \"" + each(plain, "\\u", 16, 4) + "\"\n";
      case 5: return "url = https://h.example/?q=" + each(plain, "%", 16, 2) + "\n";
      case 6: return "<p>" + each(plain, "&#", 10, 1, ";") + "</p>\n";
      case 7: return "{\"log\": " + quoted(evidence() + plain) + "}\n";
      case 8: return "{\"log\": " + quoted("{\"content\": " + quoted(words(below(3000)) + plain + words(below(300)) + evidence()) + "}") + "}\n";
      case 9: {
        const std::string one = key();
        const std::size_t cut = 12 + below(20);
        return "k = \"" + one.substr(0, cut) + "\" + \"" + one.substr(cut) + "\"\n";
      }
      case 10: return "{\"log\": \"K\\u0069mi " + quoted(words(300 + below(2500))).substr(1, 200 + below(2000)) + " \\\"token\\\": \\\"" + key() + "\\\"\"}\n";
      default: return plain;
    }
  }

  // A long run of base64 of text whose slots versions fill, at one place and of one size, so that a delta enters the run.
  std::string run(std::size_t parts, std::size_t filled) {
    std::string text;
    for (std::size_t i = 0; i < parts; ++i) {
      std::string slot = i == filled ? base64(name() + "=" + key() + "\n") : "";
      if (slot.size() > 300) slot.resize(300);
      slot.resize(300, ' ');
      // The same for all versions.
      std::string rest;
      while (rest.size() < 600) rest += "part " + std::to_string(i) + " of the text, ";
      text += rest + slot + "\n";
    }
    return base64(text);
  }

 private:
  std::mt19937 random_;
  Keys keys_;
  std::vector<std::string> old_;
};

// Versions of some files, each a few edits away from the one before; as git fast-import reads them.
std::string history(std::uint32_t seed) {
  Writer writer(seed);
  std::string stream;
  constexpr int kFiles = 3;
  constexpr int kVersions = 30;
  std::vector<std::vector<std::string>> files(kFiles);
  std::vector<std::size_t> runs(kFiles);
  for (std::size_t f = 0; f < files.size(); ++f) {
    for (int i = 0; i < 14; ++i) files[f].push_back(writer.words(std::array<std::size_t, 5>{40, 300, 2000, 6000, 20000}[writer.below(5)]));
    runs[f] = files[f].size();
    files[f].push_back("blob = \"" + writer.run(24, 99) + "\"\n");
    files[f].push_back(writer.words(200));
  }
  const std::vector<std::vector<std::string>> quiet = files;
  for (int version = 0; version < kVersions; ++version) {
    for (int f = 0; f < kFiles; ++f) {
      std::vector<std::string>& parts = files[static_cast<std::size_t>(f)];
      if (f > 0) {
        // One key at a time, or none: an object that holds another is examined whole whatever the delta shows.
        parts = quiet[static_cast<std::size_t>(f)];
        const std::size_t place = writer.below(parts.size());
        switch (writer.below(4)) {
          case 0: break;
          case 1: parts[place].insert(writer.below(parts[place].size()), "\n" + writer.statement()); break;
          case 2: parts[place].insert(0, writer.below(2) == 0 ? writer.evidence() + writer.words(writer.below(12000)) + writer.statement()
                                                              : writer.statement() + writer.words(writer.below(12000)) + writer.evidence()); break;
          default: parts[runs[static_cast<std::size_t>(f)]] = "blob = \"" + writer.run(24, writer.below(24)) + "\"\n";
        }
        continue;
      }
      std::size_t& run = runs[static_cast<std::size_t>(f)];
      for (std::size_t edits = 1 + writer.below(3); edits > 0; --edits) {
        const std::size_t at = writer.below(parts.size());
        const auto put = [&](std::string text) {
          parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(at), std::move(text));
          if (at <= run) ++run;
        };
        switch (writer.below(8)) {
          case 0: case 1: put(writer.statement()); break;
          case 2: put(writer.evidence()); break;
          case 3:
            if (at != run && parts.size() > 12) {
              parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at));
              if (at < run) --run;
            }
            break;
          case 4: {
            // Moved or copied.
            std::string text = parts[writer.below(parts.size())];
            if (text.size() < 25000) put(std::move(text));
            break;
          }
          case 5: parts[run] = "blob = \"" + writer.run(24, writer.below(24)) + "\"\n"; break;
          case 6: {
            // In the middle of a part, perhaps of a key.
            std::string& text = parts[at];
            const std::size_t middle = writer.below(text.size());
            if (writer.below(2) == 0) text.insert(middle, writer.below(2) == 0 ? writer.key() : writer.words(30));
            else text.erase(middle, writer.below(40));
            break;
          }
          default: put(writer.words(std::array<std::size_t, 4>{10, 500, 5000, 17000}[writer.below(4)]));
        }
      }
    }
    stream += "commit refs/heads/main\ncommitter A <a@example.org> " + std::to_string(1700000000 + version) + " +0000\ndata 1\nv\n";
    for (int f = 0; f < kFiles; ++f) {
      std::string text;
      for (const std::string& part : files[static_cast<std::size_t>(f)]) text += part;
      stream += "M 100644 inline f" + std::to_string(f) + ".txt\ndata " + std::to_string(text.size()) + "\n" + text + "\n";
    }
  }
  return stream;
}

std::shared_ptr<detect::Detection> detection() {
  auto made = detect::Detection::built_in({reinterpret_cast<const char*>(kEmbeddedDatabase), kEmbeddedDatabaseSize}, built_in_rulebook);
  if (!made) throw std::runtime_error(made.error().message);
  return *made;
}

// All that a report says of a match but the key itself.
std::string told(const Match& match) {
  std::string text = match.secret.id() + " " + std::to_string(match.region.begin.line) + ":" + std::to_string(match.region.begin.column) + " " +
                     match.rule + " " + match.realm + " " + match.issuer + " " + match.variable + " " +
                     std::to_string(static_cast<int>(match.confidence)) + (match.sent_elsewhere ? " elsewhere" : "");
  for (const std::string& one : match.decoded) text += " <" + one + ">";
  for (const Evidence& one : match.evidence) text += " {" + one.kind + " " + one.text + " " + std::to_string(one.line) + "}";
  return text;
}

using Told = std::map<std::string, std::multiset<std::string>>;  // by object

Told by_reference(const Repo& repo, const std::shared_ptr<detect::Detection>& detection) {
  Told all;
  const std::string out = repo.git({"cat-file", "--batch-all-objects", "--batch", "--unordered"}).out;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = out.find('\n', at);
    const std::string head = out.substr(at, end - at);
    const std::string id = head.substr(0, 40);
    const std::size_t size = std::stoul(head.substr(head.rfind(' ') + 1));
    const std::string bytes = out.substr(end + 1, size);
    at = end + 1 + size + 1;
    if (head.substr(41, 4) != "blob") continue;
    Document document;
    document.bytes = bytes;
    auto origin = std::make_shared<Origin>();  // of a file: nothing of it is remembered
    origin->path = ".git/objects/" + id;
    document.origin = origin;
    detect::Detector alone(detection);
    for (const Match& match : alone.examine(document)) all[id].insert(told(match));
  }
  return all;
}

Told by_walk(const Repo& repo, const std::shared_ptr<detect::Detection>& detection, unsigned threads) {
  Told all;
  auto repository = git::open_repository((repo.work() / ".git").string());
  REQUIRE(repository.ok());
  cli::GitScanOptions options;
  options.threads = threads;
  cli::PlaceNamer namer({repo.work().string()});
  cli::Progress progress(false, "en");
  const cli::GitScanned scanned = cli::GitScan(detection, options, namer, progress).everything(*repository);
  CHECK(scanned.coverage.gaps.empty());
  for (const judge::Sighting& sighting : scanned.sightings)
    if (sighting.match.origin->object_type == "blob") all[sighting.match.origin->object_id].insert(told(sighting.match));
  return all;
}

void compare(const Told& expected, const Told& seen, std::size_t& differences) {
  std::set<std::string> objects;
  for (const auto& [id, matches] : expected) objects.insert(id);
  for (const auto& [id, matches] : seen) objects.insert(id);
  const auto of = [](const Told& told, const std::string& id) {
    const auto at = told.find(id);
    return at == told.end() ? std::multiset<std::string>() : at->second;
  };
  for (const std::string& id : objects) {
    const auto right = of(expected, id);
    const auto left = of(seen, id);
    if (left == right) continue;
    for (const std::string& one : right)
      if (!left.contains(one) && ++differences <= 10) UNSCOPED_INFO(id << " has not: " << one);
    for (const std::string& one : left)
      if (!right.contains(one) && ++differences <= 10) UNSCOPED_INFO(id << " has too much: " << one);
  }
}

}  // namespace

TEST_CASE("a history's findings are those of each blob by itself") {
  const char* const more = std::getenv("KIMIGUARD_SEEDS");
  const std::uint32_t seeds = 1 + (more == nullptr ? 0 : static_cast<std::uint32_t>(std::strtoul(more, nullptr, 10)));
  const char* const first = std::getenv("KIMIGUARD_FIRST_SEED");
  const std::uint32_t from = first == nullptr ? 1 : static_cast<std::uint32_t>(std::strtoul(first, nullptr, 10));
  const auto shared = detection();
  for (std::uint32_t seed = from; seed < from + seeds; ++seed) {
    INFO("seed " << seed);
    const Repo repo;
    const Ran imported = repo.git({"fast-import", "--quiet", "--force"}, history(seed));
    INFO(imported.err);
    REQUIRE(imported.status == 0);
    REQUIRE(repo.git({"repack", "-q", "-adf", "--depth=250", "--window=8"}).status == 0);
    const Told expected = by_reference(repo, shared);
    std::size_t matches = 0;
    for (const auto& [id, all] : expected) matches += all.size();
    CHECK(matches > 50);
    for (const unsigned threads : {1u, 2u}) {
      std::size_t differences = 0;
      compare(expected, by_walk(repo, shared, threads), differences);
      CHECK(differences == 0);
    }
  }
}

}  // namespace kimiguard::test
