#include "scanner/report/purge.h"

#include <algorithm>
#include <set>

#include "scanner/report/voice.h"

namespace kimiguard::report {
namespace {

constexpr std::size_t kMostKeys = 20;

// "sk-kimi-[A-Za-z0-9_.-]{20,}Ab12": the shape of one key, from what everybody may see of it. Empty where that
// is not enough.
std::string shape_of(const Secret& secret) {
  static constexpr std::string_view kGap = "…";
  const std::string masked = secret.masked();
  const std::size_t gap = masked.find(kGap);
  if (gap == std::string::npos || gap == 0) return {};
  const std::string last = masked.substr(gap + kGap.size());
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  if (last.empty() || !std::all_of(last.begin(), last.end(), plain)) return {};
  return masked.substr(0, gap) + "[A-Za-z0-9_.-]{20,}" + last;
}

}  // namespace

std::vector<std::string> purge_steps(const Digest& digest, std::string_view language) {
  const Voice voice(language);
  std::set<std::string> shapes;
  std::set<std::string> stashes;
  bool history = false;
  bool pushed = false;
  bool local_only = false;
  bool otherwise = false;
  for (const Group& group : digest.groups) {
    if (group.configuration || !group.situation.in_history) continue;
    for (const Place* place : group.places) {
      const Provenance& provenance = place->provenance;
      if (provenance.provenance == ProvenanceClass::worktree) continue;
      history = true;
      pushed |= provenance.pushed == Pushed::yes;
      if (provenance.provenance == ProvenanceClass::stash) stashes.insert("refs/stash");
      local_only |= provenance.provenance == ProvenanceClass::reflog ||
                    provenance.provenance == ProvenanceClass::unreachable;
    }
    for (const Place* place : group.places) otherwise |= !place->decoded.empty() || !place->inside.empty();
    const Secret* const secret = group.first().secret ? &*group.first().secret : nullptr;
    if (const std::string shape = secret != nullptr ? shape_of(*secret) : std::string(); !shape.empty())
      shapes.insert(shape);
    else
      otherwise = true;
  }
  std::vector<std::string> steps;
  if (!history) {
    steps.emplace_back(voice("No key lies in a git history here: there is nothing to take out.",
                             "这里的 git 历史中没有密钥：无需清除。"));
    return steps;
  }
  const auto add = [&](std::string_view en, std::string_view zh) { steps.emplace_back(voice(en, zh)); };
  add("First delete each key at its console, as the steps above say. That ends the danger; taking a key out of history is "
      "optional, and whoever fetched it keeps it.",
      "先按上面的步骤在控制台删除每个密钥。危险由此解除；从历史中清除是可选的，而且已经取走它的人仍然持有它。");
  add("What it costs: every commit from the key's first one on gets a new id. Open pull requests, forks, tags and signatures "
      "refer to the old ones, and every clone has to be made anew. Hosts keep refs of pull requests and caches: only their "
      "support can drop these.",
      "代价：从首次出现该密钥的提交起，所有提交都会得到新的 id。未合并的拉取请求、复刻、标签和签名都指向旧提交，每个克隆都要重新建立。"
      "托管平台会保留拉取请求的引用和缓存：只有其客服才能清除。");
  add("In a fresh clone, never in the one you work in:\n  git clone --mirror URL purge.git && cd purge.git",
      "在全新的克隆中进行，绝不要在工作用的克隆里：\n  git clone --mirror URL purge.git && cd purge.git");
  if (!shapes.empty()) {
    std::string lines;
    std::size_t number = 0;
    for (const std::string& shape : shapes) {
      if (++number > kMostKeys) break;
      lines += "regex:" + shape + "==>REMOVED\\n";
    }
    std::string command = "  e=\"$(printf '" + lines + "')\"\n  git filter-repo --replace-text <(echo \"$e\") --replace-message <(echo \"$e\")";
    steps.push_back(std::string(voice("With an expression, so that no key is written to a file (git-filter-repo is a program of its own):\n",
                                      "使用表达式，不要把密钥写进文件（git-filter-repo 是单独的程序）：\n")) +
                    command);
    if (shapes.size() > kMostKeys)
      steps.push_back(voice.chinese() ? "另有 " + std::to_string(shapes.size() - kMostKeys) + " 个密钥同样处理。"
                                      : "The same for " + std::to_string(shapes.size() - kMostKeys) + " more keys.");
  }
  if (otherwise)
    add("A key that stands encoded, or in an archive or a database, no expression finds: leave its file out of all commits:\n"
        "  git filter-repo --invert-paths --path FILE",
        "经过编码的密钥，或在压缩包、数据库中的密钥，表达式找不到：把其文件从所有提交中去掉：\n"
        "  git filter-repo --invert-paths --path FILE");
  add("Check it, then put it in place of the old history:\n  kimiguard scan --only history .\n  git push --mirror --force URL",
      "检查之后，再替换旧的历史：\n  kimiguard scan --only history .\n  git push --mirror --force URL");
  if (pushed)
    add("Ask everyone to clone anew and to merge nothing that was begun on the old history: one such push brings the key back.",
        "请所有人重新克隆，不要合并基于旧历史的任何工作：一次这样的推送就会把密钥带回来。");
  if (!stashes.empty())
    add("A stash goes with `git stash drop stash@{N}`, after what else is in it was saved.",
        "贮藏用 `git stash drop stash@{N}` 删除，删除前先保存其中的其他内容。");
  if (local_only)
    add("What only the reflog names, or nothing, is local and goes by itself when git prunes it, after two weeks to three months.",
        "只有 reflog 提到的、或已无引用的对象只在本地，git 会在两周到三个月后自行清理。");
  add("Do not run a plain `git gc --prune=now`: it also destroys dropped stashes and commits that you may still want back.",
      "不要直接运行 `git gc --prune=now`：它还会毁掉已丢弃的贮藏和您可能还想找回的提交。");
  return steps;
}

}  // namespace kimiguard::report
