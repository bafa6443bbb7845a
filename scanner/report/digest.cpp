#include "scanner/report/digest.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "scanner/core/finding_id.h"
#include "scanner/report/joined_provenance.h"
#include "scanner/report/message.h"
#include "scanner/report/uri.h"
#include "scanner/report/voice.h"

namespace kimiguard::report {
namespace {

Group group_of(const Finding& finding, const Rulebook& rulebook, const Voice& voice) {
  Group group;
  group.rule = rulebook.rule(finding.rule);
  group.configuration =
      group.rule != nullptr ? group.rule->kind == Rule::Kind::configuration : is_configuration(finding);
  group.severity = finding.severity;
  group.confidence = finding.confidence;
  group.id = finding_id(finding);
  group.title = group.rule != nullptr && !group.rule->title.empty()
                    ? group.rule->title.in(voice.language())
                    : finding.rule;
  if (finding.secret) group.key = finding.secret->masked();
  group.issuer = issuer_of(finding, rulebook);
  return group;
}

void add(Group& group, const Finding& finding) {
  group.findings.push_back(&finding);
  group.severity = std::max(group.severity, finding.severity);
  group.confidence = std::max(group.confidence, finding.confidence);
  const Situation situation = situation_of(finding);
  group.situation.exposed |= situation.exposed;
  group.situation.in_history |= situation.in_history;
  for (const Place& place : finding.places) group.places.push_back(&place);
}

void settle(Group& group) {
  std::stable_sort(group.places.begin(), group.places.end(), [](const Place* a, const Place* b) {
    return static_cast<int>(a->severity) > static_cast<int>(b->severity);
  });
}

std::string short_oid(const std::string& oid) { return oid.substr(0, 8); }
std::string day(const std::string& date) { return date.substr(0, 10); }

}  // namespace

Digest digest(const CleanReport& report, const Rulebook& rulebook, std::string_view language) {
  const Voice voice(language);
  Digest digest;
  std::unordered_map<std::string, std::size_t> by_key;
  std::unordered_map<std::string, std::size_t> stored;
  for (const Finding& finding : report->findings) {
    if (finding.suppression) {
      digest.suppressed.push_back(&finding);
      continue;
    }
    const bool inventory = finding.severity == Severity::inventory;
    std::vector<Group>& groups = inventory ? digest.inventory : digest.groups;
    Group fresh = group_of(finding, rulebook, voice);
    if (!fresh.configuration && finding.secret) {
      const auto [at, added] =
          (inventory ? stored : by_key).try_emplace(finding.secret->id(), groups.size());
      if (!added) {
        add(groups[at->second], finding);
        continue;
      }
    }
    add(fresh, finding);
    groups.push_back(std::move(fresh));
  }
  for (Group& group : digest.groups) {
    settle(group);
    ++(group.configuration ? digest.settings : digest.keys);
  }
  for (Group& group : digest.inventory) settle(group);
  std::stable_sort(digest.groups.begin(), digest.groups.end(), [](const Group& a, const Group& b) {
    return static_cast<int>(a.severity) > static_cast<int>(b.severity);
  });
  std::unordered_map<std::string, std::size_t> by_advice;
  for (const Group& group : digest.groups) {
    for (Advice& advice : advice_for(group.first(), group.situation, rulebook, language)) {
      const auto [at, added] = by_advice.try_emplace(advice.id, digest.advice.size());
      if (added) digest.advice.push_back({std::move(advice), {}});
      digest.advice[at->second].groups.push_back(&group);
    }
  }
  // Steps that several keys share name none of them.
  for (SharedAdvice& shared : digest.advice) {
    if (shared.groups.size() < 2) continue;
    const std::string id = shared.groups.front()->id.substr(0, kShownIdDigits);
    for (std::string& step : shared.advice.steps)
      for (std::size_t at = step.find(id); at != std::string::npos; at = step.find(id, at + 2))
        step.replace(at, id.size(), "ID");
  }
  return digest;
}

std::string issuer_sentence(const Group& group, std::string_view language) {
  const Voice voice(language);
  if (!group.first().issuer.empty()) return utf8_name(group.first().issuer);
  const std::vector<const Realm*>& realms = group.issuer.realms;
  if (group.issuer.known()) {
    std::string text = realms.front()->title.in(voice.language());
    if (!realms.front()->console.empty()) text += voice.chinese() ? "，" : ", ";
    return text + realms.front()->console;
  }
  if (realms.empty())
    return std::string(voice("cannot be known: nothing beside it names an issuer of this shape",
                             "无法得知：旁边没有任何信息说明这种形状的密钥由谁签发"));
  std::string text(voice("cannot be known from the key: its regions look alike; look in ",
                         "从密钥本身无法得知：各区域的密钥外形相同，请查看 "));
  for (std::size_t i = 0; i < realms.size(); ++i) {
    if (i > 0) text += i + 1 == realms.size() ? voice(" and ", " 和 ") : voice(", ", "、");
    text += realms[i]->console;
  }
  return text;
}

// Paths that a sentence names.
constexpr std::size_t kMostPaths = 4;

std::vector<std::string> provenance_sentences(const Group& group, std::string_view language) {
  const Voice voice(language);
  const Place* strongest = nullptr;
  std::vector<const Place*> known;
  std::vector<const Place*> pushed;
  bool in_repository = false;
  bool not_pushed = false;
  bool in_head = false;
  for (const Place* place : group.places) {
    const Provenance& provenance = place->provenance;
    const bool object = provenance.provenance != ProvenanceClass::worktree;
    if (!place->exposure.in_repository && !object) continue;
    in_repository = true;
    known.push_back(place);
    in_head |= provenance.in_head || provenance.provenance == ProvenanceClass::head;
    if (strongest == nullptr || provenance.provenance < strongest->provenance.provenance)
      strongest = place;
    if (provenance.pushed == Pushed::yes) pushed.push_back(place);
    not_pushed |= object && provenance.pushed == Pushed::no;
  }
  std::vector<std::string> sentences;
  if (!in_repository || strongest == nullptr) return sentences;
  const Provenance provenance =
      strongest->provenance.provenance == ProvenanceClass::worktree ? strongest->provenance : joined_provenance(known);
  const std::string since =
      provenance.commit.empty()
          ? std::string()
          : std::string(voice("since ", "自 ")) + short_oid(provenance.commit) +
                (provenance.date.empty() ? std::string() : " (" + day(provenance.date) + ")") +
                std::string(voice("", " 起"));
  const std::string until = provenance.last_commit.empty() || provenance.last_commit == provenance.commit
                                ? std::string()
                                : std::string(voice(", last in ", "，最后一次在 ")) + short_oid(provenance.last_commit);
  const std::string ref = provenance.refs.empty() ? std::string() : provenance.refs.front();
  const auto sentence = [&](std::string_view en, std::string_view zh, const std::string& detail) {
    std::string text(voice(en, zh));
    if (!detail.empty()) text += (voice.chinese() ? "，" : " ") + detail;
    sentences.push_back(utf8_name(text + std::string(voice.full_stop())));
  };
  const auto in_ref = [&] {
    return ref.empty() ? std::string() : std::string(voice("in ", "位于 ")) + ref;
  };
  if (in_head) {
    sentence("Still in HEAD", "仍在 HEAD 中", since);
  } else {
    switch (provenance.provenance) {
      case ProvenanceClass::head:
        break;
      case ProvenanceClass::staged:
        sentence("Staged, not committed yet", "已暂存，尚未提交", "");
        break;
      case ProvenanceClass::branch:
        sentence("Gone from HEAD but in history", "HEAD 中已没有，但仍在历史中", since + until);
        break;
      case ProvenanceClass::tag:
        sentence("Gone from HEAD but kept by a tag", "HEAD 中已没有，但被标签保留", in_ref());
        break;
      case ProvenanceClass::stash:
        sentence("Only in a stash", "只在贮藏 (stash) 中", in_ref());
        break;
      case ProvenanceClass::note:
        sentence("Only in git notes", "只在 git notes 中", in_ref());
        break;
      case ProvenanceClass::pull:
        sentence("Only in a ref that is no branch or tag", "只在分支和标签之外的引用中", in_ref());
        break;
      case ProvenanceClass::reflog:
        sentence("Only in the reflog", "只在 reflog 中", "");
        break;
      case ProvenanceClass::worktree: {
        const Exposure& exposure = strongest->exposure;
        // A setting is no secret: where it lies in git says nothing of what to do.
        if (group.configuration) break;
        if (exposure.tracked)
          sentence("In a tracked file", "在已跟踪的文件中", "");
        else if (exposure.ignored)
          sentence("In a file that git ignores, not in history", "在 git 忽略的文件中，不在历史中", "");
        else if (exposure.place == PlaceKind::git_internal)
          sentence("In git's own files, in no commit", "在 git 自己的文件中，不在任何提交里", "");
        else
          sentence("In a file that is not committed and not ignored: the next `git add .` takes it in",
                   "在尚未提交也未被忽略的文件中：下一次 `git add .` 就会把它收进去", "");
        break;
      }
      case ProvenanceClass::unreachable:
        sentence("Unreachable but stored until git prunes it", "已不可达，但在 git 清理之前仍存着", "");
        break;
    }
  }
  if (provenance.paths.size() > 1) {
    std::string text(voice("It had the paths ", "它曾有的路径："));
    for (std::size_t i = 0; i < provenance.paths.size() && i < kMostPaths; ++i)
      text += (i > 0 ? std::string(voice.comma()) : std::string()) + provenance.paths[i];
    if (provenance.paths.size() > kMostPaths)
      text += voice.chinese() ? "等 " + std::to_string(provenance.paths.size()) + " 个"
                              : " and " + std::to_string(provenance.paths.size() - kMostPaths) + " more";
    sentences.push_back(utf8_name(text + std::string(voice.full_stop())));
  }
  if (!pushed.empty()) {
    const Provenance out = joined_provenance(pushed);
    std::string where = out.remotes.empty() ? std::string(voice("a remote", "远程仓库")) : out.remotes.front();
    if (where.starts_with("refs/remotes/")) where.erase(0, 13);
    std::string text(voice("Pushed: on ", "已推送：在 "));
    text += where;
    if (!out.date.empty()) {
      text += voice(" since ", " 上，自 ");
      text += day(out.date);
      text += voice("", " 起");
    } else {
      text += voice("", " 上");
    }
    text += voice(", treat it as public to everyone who can read that remote.",
                  "，请视为对所有能读取该远程仓库的人公开。");
    sentences.push_back(utf8_name(text));
  } else if (not_pushed) {
    sentences.emplace_back(voice("Not pushed as far as this clone knows: take it out before you push.",
                                 "就本地克隆所知尚未推送：推送之前请把它清除。"));
  } else if (provenance.provenance != ProvenanceClass::worktree) {
    sentences.emplace_back(
        voice("Whether it was pushed cannot be known here.", "是否已推送，在此无法得知。"));
  }
  return sentences;
}

std::string place_words(const Place& place, std::string_view language) {
  const Voice voice(language);
  std::vector<std::string> words;
  if (!place.variable.empty()) words.push_back(utf8_name(place.variable));
  const Exposure& exposure = place.exposure;
  const Provenance& provenance = place.provenance;
  switch (provenance.provenance) {
    case ProvenanceClass::worktree:
      if (exposure.staged)
        words.emplace_back(voice("staged", "已暂存"));
      else if (exposure.tracked)
        words.emplace_back(voice("tracked", "已跟踪"));
      else if (exposure.ignored)
        words.emplace_back(voice("ignored", "已忽略"));
      else if (exposure.in_repository && exposure.place != PlaceKind::git_internal)
        words.emplace_back(voice("untracked", "未跟踪"));
      break;
    case ProvenanceClass::head:
      words.emplace_back("HEAD");
      break;
    case ProvenanceClass::staged:
      words.emplace_back(voice("staged", "已暂存"));
      break;
    case ProvenanceClass::unreachable:
      words.emplace_back(voice("unreachable", "不可达"));
      break;
    default:
      if (!provenance.commit.empty()) {
        words.push_back(short_oid(provenance.commit) +
                        (provenance.date.empty() ? "" : " " + day(provenance.date)));
      } else {
        words.emplace_back(name(provenance.provenance));
      }
  }
  struct Kind {
    PlaceKind kind;
    std::string_view en, zh;
  };
  static constexpr std::array<Kind, 14> kKinds = {{
      {PlaceKind::transcript, "transcript", "对话记录"},
      {PlaceKind::prompt_history, "prompt history", "提示历史"},
      {PlaceKind::shell_history, "shell history", "shell 历史"},
      {PlaceKind::log, "log", "日志"},
      {PlaceKind::backup, "backup", "备份"},
      {PlaceKind::export_, "export", "导出文件"},
      {PlaceKind::checkpoint, "checkpoint", "检查点"},
      {PlaceKind::cache, "cache", "缓存"},
      {PlaceKind::tool_store, "the tool's own store", "工具自己的存储"},
      {PlaceKind::login_file, "a start-up file of the login", "登录 shell 的启动文件"},
      {PlaceKind::standard_input, "standard input", "标准输入"},
      {PlaceKind::environment, "environment", "环境变量"},
      {PlaceKind::process, "a running process", "运行中的进程"},
      {PlaceKind::git_internal, "git's own file", "git 自己的文件"},
  }};
  for (const Kind& kind : kKinds)
    if (kind.kind == exposure.place) words.emplace_back(voice(kind.en, kind.zh));
  if (exposure.browser_variable) words.emplace_back(voice("ships to browsers", "会发到浏览器"));
  if (exposure.sent_elsewhere) words.emplace_back(voice("sent to another party", "会发给第三方"));
  if (exposure.readable_by_others) {
    std::string mode(voice("readable by others", "他人可读"));
    if (exposure.mode != 0) {
      std::string octal;
      for (int shift = 9; shift >= 0; shift -= 3)
        octal += static_cast<char>('0' + (exposure.mode >> shift & 7U));
      mode += " (" + octal + ")";
    }
    words.push_back(std::move(mode));
  }
  for (const std::string& encoding : place.decoded) words.push_back(utf8_name(encoding));
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += voice.chinese() ? "，" : ", ";
    text += word;
  }
  return text;
}

std::string ignore_command(const Finding& finding) {
  // What only an audit reads is accepted in the file that every audit reads, wherever it is run.
  const bool in_home = !finding.places.empty() && (finding.places.front().uri_base == "HOME" ||
                                                   finding.places.front().exposure.place == PlaceKind::environment ||
                                                   finding.places.front().exposure.place == PlaceKind::process);
  return "kimiguard ignore " + finding_id(finding).substr(0, kShownIdDigits) + (in_home ? " --in-home" : "") + " --reason \"…\"";
}

std::string evidence_words(const Finding& finding, std::string_view language) {
  const Voice voice(language);
  std::string text;
  struct Kind {
    std::string_view kind, en, zh;
  };
  static constexpr std::array<Kind, 8> kKinds = {{
      {"prefix", "prefix", "前缀"},
      {"issuer_mark", "issuer's mark", "签发者标记"},
      {"host", "host", "主机"},
      {"provider", "provider", "提供方"},
      {"name", "name", "名称"},
      {"prose", "text nearby", "附近文字"},
      {"entropy", "entropy", "熵"},
      {"elsewhere", "the same key elsewhere", "同一密钥在别处"},
  }};
  for (const Evidence& evidence : finding.evidence) {
    if (!text.empty()) text += voice.chinese() ? "，" : ", ";
    std::string_view word = evidence.kind;
    for (const Kind& kind : kKinds)
      if (kind.kind == evidence.kind) word = voice(kind.en, kind.zh);
    text += word;
    if (!evidence.text.empty()) text += " " + utf8_name(evidence.text);
    if (evidence.line > 0) {
      text += voice(" on line ", " 第 ");
      text += std::to_string(evidence.line);
      text += voice("", " 行");
    }
  }
  return text;
}

std::string coverage_line(const Report& report, std::string_view language) {
  const Voice voice(language);
  const Coverage& coverage = report.coverage;
  std::vector<std::string> parts;
  const auto count = [&](std::uint64_t n, std::string_view one, std::string_view many,
                         std::string_view zh) {
    if (n > 0) parts.push_back(voice.count(n, one, many, zh));
  };
  count(coverage.files, "file", "files", "个文件");
  count(coverage.objects, "git object", "git objects", "个 git 对象");
  count(coverage.archives, "archive", "archives", "个压缩包");
  count(coverage.databases, "database", "databases", "个数据库");
  // An empty folder is no clean one.
  if (parts.empty() && coverage.bytes == 0 && coverage.gaps.empty())
    return std::string(voice("Nothing was there to read.", "没有可读取的内容。"));
  std::string text(voice("Read ", "已读取 "));
  text += human_bytes(coverage.bytes);
  if (!parts.empty()) {
    text += voice(" in ", "，共 ");
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i > 0) text += i + 1 == parts.size() ? voice(" and ", "和 ") : voice(", ", "、");
      text += parts[i];
    }
  }
  std::uint64_t missed = 0;
  std::uint64_t elsewhere = 0;
  for (const Gap& gap : coverage.gaps)
    (gap.kind == GapKind::unreadable ? missed : elsewhere) += gap.count;
  if (missed > 0) {
    text += voice("; INCOMPLETE: ", "；不完整：有 ");
    text += voice.count(missed, "thing here could not be read", "things here could not be read",
                        "处在此却无法读取");
  } else if (elsewhere > 0) {
    text += voice("; complete, but for ", "；除有意略过或不在此处的 ");
    text += voice.count(elsewhere, "thing left aside or known not to be here",
                        "things left aside or known not to be here", "处外均已读完");
  } else {
    text += voice("; complete", "；完整");
  }
  return text + std::string(voice.full_stop());
}

std::vector<std::string> gap_lines(const Report& report, std::string_view language) {
  const Voice voice(language);
  std::vector<const Gap*> gaps;
  for (const Gap& gap : report.coverage.gaps) gaps.push_back(&gap);
  std::stable_sort(gaps.begin(), gaps.end(), [](const Gap* a, const Gap* b) {
    return static_cast<int>(a->kind) < static_cast<int>(b->kind);
  });
  std::vector<std::string> lines;
  for (const Gap* gap : gaps) {
    std::string line;
    switch (gap->kind) {
      case GapKind::unreadable:
        line = voice("Not read", "未读取");
        break;
      case GapKind::not_here:
        line = voice("Not here", "不在此处");
        break;
      case GapKind::set_aside:
        line = voice("Left aside", "有意略过");
        break;
      case GapKind::not_parsed:
        line = voice("Read as text only", "只按文本读取");
        break;
    }
    line += voice.colon();
    if (!gap->place.empty()) line += utf8_name(gap->place) + std::string(voice.colon());
    line += utf8_name(gap->reason.empty() ? gap->code : gap->reason);
    if (gap->count > 1) {
      line += " (";
      line += voice.count(gap->count, "time", "times", "次");
      line += ")";
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string spot(const Place& place) {
  return shown_path(place) + ":" + std::to_string(place.region.begin.line) + ":" +
         std::to_string(place.region.begin.column);
}

}  // namespace kimiguard::report
