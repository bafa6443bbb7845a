#include "tests/agents/matrix.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>

namespace kimiguard::test {
namespace {

using agents::Profile;
using agents::System;

constexpr std::size_t kSample = 2;  // ways of a tool for each rule and layout

struct Score {
  std::size_t planted = 0;
  std::size_t found = 0;
  std::size_t others = 0;  // findings above a note that nothing was planted for
  Score& operator+=(const Score& more) {
    planted += more.planted;
    found += more.found;
    others += more.others;
    return *this;
  }
};
struct Cell {
  std::string rule, tool;  // rule "": the right state
  System system;
  bool operator<(const Cell& other) const {
    return std::tie(rule, tool, system) < std::tie(other.rule, other.tool, other.system);
  }
};
std::map<Cell, Score>& scores() {
  static std::map<Cell, Score> all;
  return all;
}

std::string line_of(const std::string& file, std::uint64_t number) {
  std::ifstream in(file);
  std::string line;
  for (std::uint64_t i = 0; i < number; ++i)
    if (!std::getline(in, line)) return {};
  return line;
}

bool stands_at(const Finding& finding, const Expected& wanted) {
  if (finding.rule != wanted.rule) return false;
  for (const std::vector<Place>* places : {&finding.places, &finding.settings})
    for (const Place& place : *places) {
      if (place.path != wanted.at.file) continue;
      if (wanted.at.database || wanted.any_line) return true;
      if (line_of(place.path, place.region.begin.line).find(wanted.at.text) != std::string::npos) return true;
    }
  return false;
}

std::string told(const Finding& finding) {
  return finding.rule + " " + std::string(name(finding.severity)) + " at " + finding.places.front().path + ":" +
         std::to_string(finding.places.front().region.begin.line) + " " + finding.key_path;
}

}  // namespace

Scene::Scene(System at) : system(at), layout(at, home.path(), {}, false), writer(book(), layout, home.path("project")) {}

void judge(Scene& scene, const std::string& rule) {
  scene.files.write(scene.home.path());
  agents::AuditInput input = scene.home.input();
  input.system = scene.system;
  input.projects = {scene.home.path("project")};
  if (scene.adjust) scene.adjust(input);
  const agents::AuditResult result = agents::audit(input);

  std::string all;
  for (const Finding& finding : result.findings) all += "\n  " + told(finding);
  for (const Expected& wanted : scene.expected) {
    Score& score = scores()[{rule, wanted.tool, scene.system}];
    ++score.planted;
    bool found = false;
    if (rule.empty()) {
      for (const Connection& connection : result.connections)
        found = found || (connection.tool == wanted.tool && connection.key && connection.base_url &&
                          connection.key->secret.reveal() == wanted.planted.key.text &&
                          connection.base_url->value == wanted.planted.host_url);
    } else {
      for (const Finding& finding : result.findings) found = found || stands_at(finding, wanted);
    }
    score.found += found;
    if (!found) {
      INFO(agents::name(scene.system) << ": " << wanted.title << ": " << (rule.empty() ? "its connection" : rule)
                                      << " is not found at " << wanted.at.file << all);
      CHECK(found);
    }
  }
  for (const Finding& finding : result.findings) {
    if (finding.severity <= Severity::note) continue;
    if (!rule.empty() && finding.rule == rule && scene.own.count(finding.places.front().path) != 0) continue;
    std::string tool = "?";
    std::string title;
    for (const Expected& wanted : scene.expected)
      for (const Spot* spot : {&wanted.at, &wanted.planted.key, &wanted.planted.url, &wanted.planted.model})
        if (spot->file == finding.places.front().path) {
          tool = wanted.tool;
          title = wanted.title;
        }
    ++scores()[{rule, tool, scene.system}].others;
    INFO(agents::name(scene.system) << ": " << title << ": nothing was planted for " << told(finding));
    CHECK(false);
  }
}

bool is_full() { return std::getenv("KIMIGUARD_AUDIT_MATRIX") != nullptr; }

std::uint32_t seed() {
  const char* text = std::getenv("KIMIGUARD_AUDIT_SEED");
  return text == nullptr ? 1 : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

std::vector<std::size_t> sampled(std::size_t all, std::size_t count, const std::string& salt) {
  std::vector<std::size_t> chosen(all);
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  if (is_full() || all <= count) return chosen;
  // Not std::hash: the sample is the same with every library.
  std::uint32_t state = 2166136261U ^ seed();
  for (const char c : salt) state = (state ^ static_cast<unsigned char>(c)) * 16777619U;
  std::mt19937 random(state);
  for (std::size_t i = 0; i < count; ++i) std::swap(chosen[i], chosen[i + random() % (all - i)]);
  chosen.resize(count);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

void each_way(const std::string& rule, const State& state, std::size_t places) {
  for (const System system : kSystems) {
    Keys keys(seed() * 64 + static_cast<std::uint32_t>(system));
    // What does not apply is known only when it is tried: here into files that are never written.
    std::map<std::string, std::vector<Way>> ways;
    std::size_t rounds = 0;
    {
      Scene trial(system);
      for (const Profile& profile : profiles().tools) {
        if (profile.generic) continue;
        std::vector<Way> all = trial.writer.ways(profile, places);
        std::erase_if(all, [&](const Way& way) {
          trial.files = HomeFiles();
          return !state(trial, way, keys);
        });
        std::vector<Way>& mine = ways[profile.id];
        for (const std::size_t index :
             sampled(all.size(), kSample, rule + "/" + profile.id + "/" + std::string(agents::name(system))))
          mine.push_back(all[index]);
        rounds = std::max(rounds, mine.size());
      }
    }
    for (std::size_t round = 0; round < rounds; ++round) {
      // cc-switch writes other tools' files: that they disagree would be a fault of its own, so it has its own home.
      for (const bool switcher : {false, true}) {
        Scene scene(system);
        for (const auto& [tool, all] : ways) {
          if (round >= all.size() || (tool == "cc-switch") != switcher) continue;
          const Way& way = all[round];
          std::optional<Expected> expected = state(scene, way, keys);
          if (!expected) continue;
          expected->rule = rule;
          expected->tool = tool;
          expected->title = way.title();
          for (const Spot* spot : {&expected->at, &expected->planted.key, &expected->planted.second_key,
                                   &expected->planted.url, &expected->planted.model})
            scene.own.insert(spot->file);
          scene.expected.push_back(std::move(*expected));
        }
        if (!scene.expected.empty()) judge(scene, rule);
      }
    }
  }
}

namespace {

std::string percent(std::size_t part, std::size_t whole) {
  if (whole == 0) return "–";
  std::ostringstream text;
  text.precision(part == whole ? 0 : 1);
  text << std::fixed << 100.0 * static_cast<double>(part) / static_cast<double>(whole) << " %";
  return text.str();
}

struct Column {
  const char* rule;
  const char* head;     // in the table of tools
  const char* reason;   // why a tool has no such state
};
constexpr Column kColumns[] = {
    {"", "right", "it holds no key of its own, or only where nothing reads it (a keychain, an encrypted store)"},
    {"kimi-host-mismatch", "host", "its connections are none of Kimi's"},
    {"kimi-region-conflict", "region", "no connection to the platform"},
    {"kimi-model-mismatch", "model", "the model is not in its files"},
    {"kimi-model-retired", "retired", "the model is not in its files, or only Kimi Code's"},
    {"kimi-base-url-shape", "shape", "no address can be written, or either end is right"},
    {"kimi-key-sent-elsewhere", "elsewhere", "no address can be written"},
    {"kimi-key-unread", "unread", "no place is known that people take for the right one"},
    {"kimi-auth-conflict", "auth", "one file has one place for a key"},
    {"kimi-env-override", "env", "no variable replaces an address that is written"},
    {"kimi-endpoint-untrusted", "untrusted", "it reads no address and no command from a project's files"},
    {"kimi-endpoint-insecure", "insecure", "no address can be written"},
    {"kimi-endpoint-dead", "dead", "no address can be written"},
    {"kimi-file-mode", "mode", "it holds no key of its own"},
    {"kimi-tracked-config", "tracked", "it holds no key of its own"},
    {"kimi-weak-store", "weak", "it has no store with a known password"},
    {"kimi-silent-fallback", "fallback", "no setting of that kind is known"},
    {"kimi-quota-burn", "quota", "no setting of that kind is known"},
};

}  // namespace

std::string matrix_tables() {
  std::map<std::string, std::map<System, Score>> by_rule;
  std::map<std::string, std::set<std::string>> tools_of;
  std::map<std::string, std::map<std::string, Score>> by_tool;
  Score total;
  for (const auto& [cell, score] : scores()) {
    by_rule[cell.rule][cell.system] += score;
    by_tool[cell.tool][cell.rule] += score;
    if (score.planted != 0) tools_of[cell.rule].insert(cell.tool);
    total += score;
  }
  std::ostringstream out;
  out << "| rule | tools | Linux | macOS | Windows | recall | other findings above note | precision |\n"
         "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  const auto row = [&](const std::string& head, std::size_t tools, std::map<System, Score>& of) {
    Score all;
    out << "| " << head << " | " << tools;
    for (const System system : kSystems) {
      const Score& score = of[system];
      all += score;
      out << " | " << (score.planted == 0 ? "–" : std::to_string(score.found) + "/" + std::to_string(score.planted));
    }
    out << " | " << percent(all.found, all.planted) << " | " << all.others << " | "
        << percent(all.found, all.found + all.others) << " |\n";
  };
  std::map<System, Score> sum;
  for (const Column& column : kColumns) {
    const std::string rule = column.rule;
    row(rule.empty() ? "right state: its pair is read" : "`" + rule + "`", tools_of[rule].size(), by_rule[rule]);
    for (const System system : kSystems) sum[system] += by_rule[rule][system];
  }
  row("all", by_tool.size() - by_tool.count("?"), sum);

  out << "\n| tool |";
  for (const Column& column : kColumns) out << " " << column.head << " |";
  out << " recall | other |\n| --- |";
  for (std::size_t i = 0; i < std::size(kColumns) + 2; ++i) out << " ---: |";
  out << "\n";
  std::string without;
  for (const Profile& profile : profiles().tools) {
    if (profile.generic) continue;
    const auto found = by_tool.find(profile.id);
    if (found == by_tool.end()) {
      without += (without.empty() ? "" : ", ") + profile.id;
      continue;
    }
    Score all;
    out << "| " << profile.id << " |";
    for (const Column& column : kColumns) {
      const Score& score = found->second[column.rule];
      all += score;
      out << " "
          << (score.planted == 0 ? "–"
              : score.found == score.planted
                  ? std::to_string(score.planted)
                  : "**" + std::to_string(score.found) + "/" + std::to_string(score.planted) + "**")
          << " |";
    }
    out << " " << percent(all.found, all.planted) << " | " << all.others << " |\n";
  }
  out << "\nA number: that many states, all found. –: the tool has no such state:\n\n";
  for (const Column& column : kColumns) out << "- " << column.head << ": " << column.reason << "\n";
  out << "\nNo row, because the profile has no connection whose key a test can write: " << without << ".\n";
  return out.str();
}

}  // namespace kimiguard::test
