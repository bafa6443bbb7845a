#include "scanner/report/changes.h"

#include <algorithm>

#include "scanner/report/uri.h"

namespace kimiguard::report {

std::vector<ChangeStep> change_steps(const Finding& finding) {
  std::vector<ChangeStep> steps;
  std::size_t way = 0;  // where the present way begins
  std::vector<const Change*> first;  // of each step
  const std::string here = finding.places.empty() ? std::string() : finding.places.front().path;
  for (const Change& change : finding.changes) {
    if (change.instead) way = steps.size();
    std::size_t same = way;
    while (same < steps.size() && (first[same]->file != change.file || first[same]->key_path != change.key_path)) ++same;
    if (same < steps.size() && !change.instead && !change.to.empty() && !steps[same].to.empty()) {
      const std::string to = utf8_name(change.to);
      if (std::find(steps[same].to.begin(), steps[same].to.end(), to) == steps[same].to.end()) steps[same].to.push_back(to);
      continue;
    }
    ChangeStep step;
    step.instead = change.instead;
    step.further = !change.instead && way > 0;
    if (change.file != here) step.place = utf8_name(change.file) + (change.line > 0 && !change.file.empty() ? ":" + std::to_string(change.line) : "");
    step.setting = utf8_name(change.key_path);
    step.from = utf8_name(change.from);
    if (!change.to.empty()) step.to.push_back(utf8_name(change.to));
    steps.push_back(std::move(step));
    first.push_back(&change);
  }
  return steps;
}

std::string change_words(const ChangeStep& step, const Voice& voice) {
  std::string text = step.place;
  if (!text.empty() && !step.setting.empty()) text += ' ';
  text += step.setting;
  text += voice.colon();
  if (step.to.empty()) return text + std::string(voice("remove ", "删除 ")) + step.from;
  text += step.from.empty() ? std::string(voice("add ", "新增 ")) : step.from + " → ";
  for (std::size_t i = 0; i < step.to.size(); ++i) {
    if (i > 0) text += i + 1 == step.to.size() ? voice(" or ", " 或 ") : voice(", ", "、");
    else if (step.to.size() > 1) text += voice("either ", "");
    text += step.to[i];
  }
  return text;
}

std::string_view change_label(const ChangeStep& step, const Voice& voice) {
  return step.further ? voice("and", "并") : step.instead ? voice("Or", "或者") : voice("Change", "修改");
}

}  // namespace kimiguard::report
