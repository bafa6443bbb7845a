// kimiguard baseline: an earlier report whose findings are known.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "scanner/cli/command.h"
#include "scanner/cli/disk_file.h"
#include "scanner/cli/output.h"
#include "scanner/cli/parse.h"
#include "scanner/cli/rulebook_source.h"
#include "scanner/cli/scan_options.h"
#include "scanner/cli/scan_run.h"
#include "scanner/report/uri.h"
#include "scanner/report/voice.h"
#include "scanner/suppress/baseline.h"
#include "scanner/suppress/fingerprint.h"

namespace kimiguard::cli {
namespace {

using report::Voice;

constexpr std::size_t kMost = std::size_t{1} << 30;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// The places of a JSON report of ours, as far as a baseline asks for them: fingerprint and path.
Result<std::vector<Finding>> findings_of(const std::string& text, const std::string& name) {
  if (auto checked = suppress::read_baseline(text, name); !checked) return checked.error();
  const auto report = nlohmann::json::parse(text, nullptr, false);
  if (!report.is_object() || !report.contains("findings") || !report["findings"].is_array())
    return Error{"not-a-report",
                 name + " is no JSON report; make one with 'kimiguard scan -f json -o " + name + "'"};
  std::vector<Finding> findings;
  const auto text_of = [](const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  for (const auto& one : report["findings"]) {
    if (!one.is_object()) continue;
    const auto places = one.find("places");
    if (places == one.end() || !places->is_array()) continue;
    Finding finding;
    for (const auto& spot : *places) {
      if (!spot.is_object()) continue;
      Place place;
      place.fingerprint = text_of(spot, "fingerprint");
      place.uri = percent_decoded(text_of(spot, "uri"));
      place.uri_base = text_of(spot, "uriBaseId");
      place.path = text_of(spot, "path");
      const auto provenance = spot.find("provenance");
      if (provenance != spot.end() && provenance->is_object())
        for (const auto known : {ProvenanceClass::branch, ProvenanceClass::tag, ProvenanceClass::stash, ProvenanceClass::note,
                                 ProvenanceClass::pull, ProvenanceClass::reflog, ProvenanceClass::unreachable})
          if (text_of(*provenance, "class") == kimiguard::name(known)) place.provenance.provenance = known;
      if (!place.fingerprint.empty()) finding.places.push_back(std::move(place));
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

int create(const std::string& file, const Voice& voice) {
  const std::string name = file.empty() ? "baseline.json" : file;
  std::string out;
  out += std::string(
      voice("A baseline is a JSON report. Make it, look at what it lists, and commit it:\n\n",
            "基线就是一份 JSON 报告。请生成、检查其中内容并提交：\n\n"));
  out += "  kimiguard scan -f json -o " + name + " --exit-zero\n\n";
  out += std::string(voice("Then only what is new is reported:\n\n", "此后只报告新增的问题：\n\n"));
  out += "  kimiguard scan --baseline " + name + "\n\n";
  out += std::string(
      voice("A key in it stays known, not safe: rotate it all the same. Nothing was written.\n",
            "其中的密钥只是“已知”，并不安全：仍应轮换。本命令没有写入任何文件。\n"));
  const Status written = write_all(STDOUT_FILENO, out);
  return written ? 0 : usage_error(written.error().message);
}

}  // namespace

int run_baseline(const std::vector<std::string>& words) {
  std::string what;
  std::string file;
  std::string from;
  std::string output;
  ScanOptions scan_options;
  CLI::App app("Say how a baseline is made, or bring one up to date.", "baseline");
  app.get_formatter()->column_width(34);
  app.add_option("ACTION", what, "create tells how; update drops what is gone and follows renamed files")
      ->type_name("create|update")
      ->required()
      ->check(CLI::IsMember({"create", "update"}));
  app.add_option("FILE", file, "The baseline: a JSON or SARIF report");
  app.add_option("PATH", scan_options.paths, "update: what to scan anew (default: .)");
  app.add_option("--from", from, "update: a fresh JSON report over the same paths, instead of scanning")
      ->type_name("REPORT.json");
  app.add_option("-o,--output", output, "update: write here and leave FILE as it is")->type_name("FILE");
  app.add_option("--only", scan_options.only, "update: scan only files, or only history")
      ->type_name("files|history")
      ->check(CLI::IsMember({"files", "history"}));
  add_common_options(app, scan_options.common, kRules | kRunning);
  app.footer(
      "update adds nothing: what is new has to be looked at first.\n"
      "Exit status: 0 done, 2 wrong usage or no report, 3 the fresh scan could not read everything "
      "(nothing is written).");
  if (const auto over = parse(app, words)) return *over;
  const Voice voice(scan_options.common.language());
  if (what == "create") return create(file, voice);
  if (file.empty()) return usage_error("which baseline? Write 'kimiguard baseline update FILE'");
  if (!from.empty() && !scan_options.paths.empty())
    return usage_error("--from and PATH exclude each other: a report, or a scan");

  auto text = read_whole_file(file, kMost);
  if (!text) return usage_error(text.error().message);
  if (auto checked = suppress::read_baseline(*text, file); !checked)
    return usage_error(checked.error().message);
  std::vector<Finding> findings;
  if (!from.empty()) {
    auto fresh = read_whole_file(from, kMost);
    if (!fresh) return usage_error(fresh.error().message);
    auto read = findings_of(*fresh, from);
    if (!read) return usage_error(read.error().message);
    findings = std::move(*read);
  } else {
    auto rules = RulebookSource::open(scan_options.common.rules);
    if (!rules) return usage_error(rules.error().message);
    auto report = scan(scan_options, *rules);
    if (!report) return usage_error(report.error().message);
    if (report->coverage.has(GapKind::unreadable)) {
      // What was not read would look as if it were gone.
      for (const Gap& gap : report->coverage.gaps)
        if (gap.kind == GapKind::unreadable) {
          usage_error("could not read everything (" + gap.place + ": " + gap.reason +
                      "), so the baseline was left as it is");
          break;
        }
      return 3;
    }
    findings = std::move(report->findings);
    suppress::assign_fingerprints(findings);
  }
  auto update = suppress::update_baseline(*text, file, findings);
  if (!update) return usage_error(update.error().message);
  const std::string target = output.empty() ? file : output;
  if (target == "-") {
    const Status written = write_all(STDOUT_FILENO, update->text);
    return written ? 0 : usage_error(written.error().message);
  }
  if (const Status written = write_file(target, update->text); !written)
    return usage_error(written.error().message);
  std::string out = target + std::string(voice.colon());
  if (voice.chinese())
    out += "保留 " + report::grouped_digits(update->kept) + " 处，跟随改名 " +
           report::grouped_digits(update->renamed) + " 处，去掉 " +
           report::grouped_digits(update->gone) + " 处。\n";
  else
    out += voice.count(update->kept, "place", "places", "") + " kept, " +
           report::grouped_digits(update->renamed) + " followed to new names, " +
           report::grouped_digits(update->gone) + " gone and dropped.\n";
  const Status written = write_all(STDOUT_FILENO, out);
  return written ? 0 : usage_error(written.error().message);
}

}  // namespace kimiguard::cli
