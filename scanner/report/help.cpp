#include "scanner/report/help.h"

#include "scanner/report/about.h"
#include "scanner/report/steps.h"
#include "scanner/report/voice.h"

namespace kimiguard::report {
namespace {

std::string stopped(std::string text, const Voice& voice) {
  if (!text.empty() && !text.ends_with('.') && !text.ends_with("。")) text += voice.full_stop();
  return text;
}

void numbered(std::string& out, const std::vector<std::string>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) out += std::to_string(i + 1) + ". " + steps[i] + "\n";
}

}  // namespace

Help help_of(std::string_view rule_id, const Rulebook& rulebook, std::string_view language) {
  const Voice voice(language);
  Help help;
  const Rule* rule = rulebook.rule(rule_id);
  if (rule == nullptr) {
    help.title = stopped(std::string(rule_id), voice);
    help.description = help.text = help.markdown = stopped(
        std::string(voice("A rule that this rulebook does not describe: ", "规则库中没有说明的规则：")) +
            std::string(rule_id),
        voice);
    help.uri = kAboutPage;
    return help;
  }
  help.title = stopped(rule->title.empty() ? rule->id : rule->title.in(voice.language()), voice);
  help.description =
      rule->description.empty() ? help.title : stopped(rule->description.in(voice.language()), voice);
  help.uri = rule->references.empty() ? std::string(kAboutPage) : rule->references.front();
  help.text = help.description + "\n";
  help.markdown = help.description + "\n";
  if (!rule->advice.empty()) {
    const std::string advice = stopped(rule->advice.in(voice.language()), voice);
    help.text += "\n" + advice + "\n";
    help.markdown += "\n" + advice + "\n";
  }
  for (const RuleAdvice& advice : advice_for(*rule, rulebook, language)) {
    help.text += "\n" + advice.title + "\n";
    help.markdown += "\n### " + advice.title + "\n";
    if (advice.otherwise.empty()) {
      help.markdown += "\n";
      numbered(help.text, advice.if_exposed);
      numbered(help.markdown, advice.if_exposed);
      continue;
    }
    const std::string_view exposed = voice("If it was pushed, sent to another party or used by others",
                                           "如果已推送、已发给第三方或已被他人使用");
    const std::string_view kept = voice("If nobody else can have read it", "如果不可能有别人读到");
    help.text += std::string(exposed) + std::string(voice.colon()) + "\n";
    numbered(help.text, advice.if_exposed);
    help.text += std::string(kept) + std::string(voice.colon()) + "\n";
    numbered(help.text, advice.otherwise);
    help.markdown += "\n**" + std::string(exposed) + "**\n\n";
    numbered(help.markdown, advice.if_exposed);
    help.markdown += "\n**" + std::string(kept) + "**\n\n";
    numbered(help.markdown, advice.otherwise);
  }
  if (!rule->references.empty()) {
    help.text += std::string(voice("\nSee also\n", "\n另见\n"));
    help.markdown += std::string(voice("\n### See also\n\n", "\n### 另见\n\n"));
    for (const std::string& reference : rule->references) {
      help.text += reference + "\n";
      help.markdown += "- <" + reference + ">\n";
    }
  }
  help.text += "\n" + std::string(kDisclaimer) + "\n";
  return help;
}

}  // namespace kimiguard::report
