#include "scanner/cli/hook_message.h"

#include <algorithm>
#include <set>
#include <vector>

#include "scanner/cli/page.h"
#include "scanner/core/finding_id.h"
#include "scanner/report/redactor.h"
#include "scanner/report/steps.h"
#include "scanner/report/uri.h"
#include "scanner/report/voice.h"

namespace kimiguard::cli {
namespace {

using report::Voice;
using Ink = Page::Ink;

constexpr std::size_t kFindings = 8;
constexpr std::size_t kPlaces = 3;

bool stops(const Finding& finding, const Report& report) {
  return !finding.suppression && finding.severity != Severity::inventory &&
         finding.severity >= report.fail_on;
}

std::string spot(const Place& place) {
  return report::shown_path(place) + ":" + std::to_string(place.region.begin.line) + ":" +
         std::to_string(place.region.begin.column);
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

// "'a b.env'": as a shell takes it.
std::string quoted(const std::string& path) {
  static constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./@+,=";
  if (!path.empty() && path.front() != '-' && path.find_first_not_of(kPlain) == std::string::npos)
    return path;
  std::string out = "'";
  for (const char c : path) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// Consoles on which the keys may be listed, each once.
std::string consoles_of(const std::vector<const Finding*>& findings, const Rulebook& book) {
  std::vector<std::string> consoles;
  for (const Finding* finding : findings)
    for (const Realm* realm : report::issuer_of(*finding, book).realms)
      if (std::find(consoles.begin(), consoles.end(), realm->console) == consoles.end())
        consoles.push_back(realm->console);
  std::string text;
  for (const std::string& console : consoles) text += (text.empty() ? "" : ", ") + console;
  return text;
}

std::string headline(GitHook hook, std::size_t count, const Voice& voice) {
  const bool one = count == 1;
  switch (hook) {
    case GitHook::pre_commit:
      return std::string(voice(one ? "kimiguard stopped this commit: it would take a key into history."
                                   : "kimiguard stopped this commit: it would take keys into history.",
                               "kimiguard 阻止了这次提交：它会把密钥写进历史。"));
    case GitHook::pre_push:
      return std::string(voice(one ? "kimiguard stopped this push: it would publish a key."
                                   : "kimiguard stopped this push: it would publish keys.",
                               "kimiguard 阻止了这次推送：它会公开密钥。"));
    case GitHook::commit_msg:
      return std::string(voice("kimiguard stopped this commit: its message holds a key.",
                               "kimiguard 阻止了这次提交：提交说明中含有密钥。"));
    case GitHook::pre_receive:
      return std::string(voice("kimiguard refused this push: it holds a key.",
                               "kimiguard 拒绝了这次推送：其中含有密钥。"));
  }
  return {};
}

void what_to_do(Page& page, GitHook hook, const std::vector<const Finding*>& findings,
                bool first_commit, const Rulebook& book, const Voice& voice) {
  std::vector<std::string> steps;
  const auto add = [&](const std::string& en, const std::string& zh) {
    steps.push_back(std::string(voice(en, zh)));
  };
  const std::string id = finding_id(*findings.front()).substr(0, kShownIdDigits);
  const std::string consoles = consoles_of(findings, book);
  const std::string at_en = consoles.empty() ? "" : " at " + consoles;
  const std::string at_zh = consoles.empty() ? "" : "（" + consoles + "）";
  const auto rotate_if_out = [&] {
    add("If it was ever pushed, pasted or sent to anybody, rotate it" + at_en +
            ": a key that was out once stays out.",
        "如果它曾被推送、粘贴或发给任何人，请轮换" + at_zh + "：泄露过的密钥无法收回。");
  };
  const auto ignore = [&] {
    add("If it is fine (revoked, an example), say so once: kimiguard ignore " + id + " --reason \"…\"",
        "如果无妨（已作废、仅为示例），登记一次即可：kimiguard ignore " + id + " --reason \"…\"");
  };
  switch (hook) {
    case GitHook::pre_commit: {
      std::set<std::string> paths;
      for (const Finding* finding : findings)
        for (const Place& place : finding->places)
          if (!place.path.empty()) paths.insert(quoted(place.path));
      std::string files;
      std::size_t shown = 0;
      for (const std::string& path : paths)
        if (shown++ < kPlaces) files += " " + path;
      if (paths.size() > kPlaces) files += " …";
      add("Take it out of the file (read it from the environment or a secret store), then stage again: "
          "git add" +
              files,
          "把它从文件中移走（改从环境变量或密钥管理工具读取），再重新暂存：git add" + files);
      // Before the first commit there is nothing to restore from.
      const std::string unstage = (first_commit ? "git rm --cached" : "git restore --staged") + files;
      add("Or leave the file out of this commit: " + unstage, "或不把该文件放进这次提交：" + unstage);
      rotate_if_out();
      ignore();
      add("Last of all, past every check: git commit --no-verify",
          "最后的办法，跳过一切检查：git commit --no-verify");
      break;
    }
    case GitHook::pre_push: {
      // The first of all commits that have one; the very first of a history has nothing before it.
      const Provenance* first = nullptr;
      for (const Finding* finding : findings)
        for (const Place& place : finding->places)
          if (!place.provenance.commit.empty() && (first == nullptr || place.provenance.first_order < first->first_order))
            first = &place.provenance;
      const std::string from = first == nullptr                       ? std::string()
                               : (first->first_order & 0xFFFFFFFF) == 1 ? " --root"
                                                                       : " " + first->commit.substr(0, 12) + "^";
      add("It is not pushed yet as far as this clone knows, so take it out of the commits: git commit "
          "--amend for the last one, "
          "git rebase -i" +
              from +
              " for an older one. A later commit that deletes it is not enough.",
          "据本地所知它还没有被推送，请从提交中去掉：最近一次提交用 git commit --amend，更早的用 git "
          "rebase -i" +
              from + "。仅在后续提交中删除是不够的。");
      rotate_if_out();
      ignore();
      add("Last of all, past every check: git push --no-verify",
          "最后的办法，跳过一切检查：git push --no-verify");
      break;
    }
    case GitHook::commit_msg:
      add("Write the message without it. What you wrote is kept: git commit -e -F .git/COMMIT_EDITMSG",
          "去掉密钥后重写说明。你写的内容仍在：git commit -e -F .git/COMMIT_EDITMSG");
      rotate_if_out();
      add("Last of all, past every check: git commit --no-verify",
          "最后的办法，跳过一切检查：git commit --no-verify");
      break;
    case GitHook::pre_receive:
      add("Take it out of the commits (git commit --amend, git rebase -i) and push again. A later "
          "commit that deletes it is not enough.",
          "从提交中去掉（git commit --amend、git rebase -i）后重新推送。仅在后续提交中删除是不够的。");
      add("Rotate the key" + at_en + ": it has left your machine.",
          "轮换该密钥" + at_zh + "：它已离开你的机器。");
      add("Markers and ignore files in what is pushed do not count here; if the key is fine, ask "
          "whoever runs this server.",
          "推送内容中的标记和忽略文件在此无效；若确认无妨，请联系服务器管理员。");
      break;
  }
  page.heading(voice("What to do", "怎么做"));
  page.steps(steps);
}

}  // namespace

std::string_view name(GitHook hook) {
  switch (hook) {
    case GitHook::pre_commit:
      return "pre-commit";
    case GitHook::pre_push:
      return "pre-push";
    case GitHook::commit_msg:
      return "commit-msg";
    case GitHook::pre_receive:
      return "pre-receive";
  }
  return "";
}

std::string stopped_text(GitHook hook, const Report& report, const Rulebook& book,
                         std::string_view language, const Screen& screen) {
  const Voice voice(language);
  // Every name and reason passes the report's own last line of defence.
  const report::CleanReport clean(report);
  std::vector<const Finding*> findings;
  for (const Finding& finding : clean->findings)
    if (stops(finding, *clean)) findings.push_back(&finding);
  if (findings.empty()) return {};
  Page page(screen, 4);
  page.title(headline(hook, findings.size(), voice));
  page.blank();
  for (std::size_t i = 0; i < std::min(findings.size(), kFindings); ++i) {
    const Finding& finding = *findings[i];
    const Rule* rule = book.rule(finding.rule);
    std::string head = upper(voice.severity(finding.severity)) + "  " +
                       (rule != nullptr ? rule->title.in(voice.language()) : finding.rule);
    if (finding.secret) head += "  " + finding.secret->masked();
    head += "  " + finding_id(finding).substr(0, kShownIdDigits);
    page.paragraph(head, 2,
                   finding.severity == Severity::critical ? Ink::critical
                   : finding.severity == Severity::high   ? Ink::high
                                                          : Ink::medium);
    for (std::size_t j = 0; j < std::min(finding.places.size(), kPlaces); ++j) {
      const Place& place = finding.places[j];
      std::string where = spot(place);
      if (hook != GitHook::pre_commit && hook != GitHook::commit_msg && !place.provenance.commit.empty())
        where += std::string(voice("  in commit ", "  提交 ")) + place.provenance.commit.substr(0, 12);
      page.paragraph(report::utf8_name(where), 4);
    }
    if (finding.places.size() > kPlaces)
      page.paragraph(std::string(voice("and ", "另有 ")) +
                         std::to_string(finding.places.size() - kPlaces) +
                         std::string(voice(" more places", " 处")),
                     4, Ink::dim);
  }
  if (findings.size() > kFindings)
    page.paragraph(
        std::string(voice("and ", "另有 ")) + std::to_string(findings.size() - kFindings) +
            std::string(voice(" more", " 项")) +
            std::string(hook == GitHook::pre_commit ? voice(": kimiguard scan --staged lists them",
                                                            "：用 kimiguard scan --staged 列出")
                                                    : ""),
        2, Ink::dim);
  page.blank();
  const bool first_commit = !clean->repositories.empty() && clean->repositories.front().revision.empty();
  what_to_do(page, hook, findings, first_commit, book, voice);
  return page.text();
}

std::string unread_reason(const Report& report, std::string_view language) {
  const Voice voice(language);
  const report::CleanReport clean(report);
  std::string text;
  std::size_t count = 0;
  for (const Gap& gap : clean->coverage.gaps) {
    if (gap.kind != GapKind::unreadable) continue;
    if (++count > 5) continue;
    text +=
        (text.empty() ? "" : "; ") + report::utf8_name(gap.place) + ": " + report::utf8_name(gap.reason);
  }
  if (count > 5)
    text += std::string(voice("; and ", "；另有 ")) + std::to_string(count - 5) +
            std::string(voice(" more", " 处"));
  return text;
}

std::string unread_text(GitHook hook, const std::string& reason, std::string_view language,
                        const Screen& screen) {
  const Voice voice(language);
  Page page(screen, 4);
  const std::string what(name(hook));
  page.title(voice("kimiguard could not check this, so git was stopped.",
                   "kimiguard 未能完成检查，因此阻止了 git。"));
  page.paragraph(report::Redactor()(reason), 2);
  page.blank();
  std::vector<std::string> steps;
  switch (hook) {
    case GitHook::pre_commit:
      steps.emplace_back(voice("Mend that and commit again; `kimiguard scan --staged -v` tells more.",
                               "解决后重新提交；kimiguard scan --staged -v 可查看详情。"));
      break;
    case GitHook::pre_push:
    case GitHook::pre_receive:
      steps.emplace_back(
          voice("Mend that and push again; `kimiguard scan --only history -v` tells more.",
                "解决后重新推送；kimiguard scan --only history -v 可查看详情。"));
      break;
    case GitHook::commit_msg:
      steps.emplace_back(voice("Mend that and commit again.", "解决后重新提交。"));
      break;
  }
  if (hook == GitHook::pre_push)
    steps.emplace_back(voice("If you know what is in it: git push --no-verify",
                             "如果你清楚其中的内容：git push --no-verify"));
  else if (hook != GitHook::pre_receive)
    steps.emplace_back(voice("If you know what is in it: git commit --no-verify",
                             "如果你清楚其中的内容：git commit --no-verify"));
  page.steps(steps);
  return page.text();
}

std::string aside_text(const Report& report, std::string_view language) {
  const Voice voice(language);
  std::uint64_t count = 0;
  for (const Finding& finding : report.findings)
    if (!finding.suppression && finding.severity != Severity::inventory &&
        finding.severity < report.fail_on)
      ++count;
  if (count == 0) return {};
  return "kimiguard" + std::string(voice.colon()) +
         voice.count(count, "text looks like a key, which nothing proves",
                     "texts look like keys, which nothing proves", "处文本形似密钥但无法证实") +
         std::string(voice("; it does not stop git (kimiguard scan lists it).\n",
                           "；不阻止 git（用 kimiguard scan 可列出）。\n"));
}

}  // namespace kimiguard::cli
