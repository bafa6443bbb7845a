#include "scanner/cli/rule_page.h"

#include <algorithm>
#include <vector>

#include "scanner/cli/page.h"
#include "scanner/report/redactor.h"
#include "scanner/report/steps.h"
#include "scanner/report/voice.h"

namespace kimiguard::cli {
namespace {

using report::Voice;
using Ink = Page::Ink;

std::string joined(const std::vector<std::string>& words, std::string_view between = ", ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(between)) + word;
  return text;
}

std::string shape_of(const Rule& rule, const Voice& voice) {
  if (!rule.prefix.empty() && rule.body > 0)
    return rule.prefix + std::string(voice(" followed by exactly ", " 后跟恰好 ")) +
           std::to_string(rule.body) + std::string(voice(" letters or digits", " 个字母或数字"));
  return rule.expression;
}

std::string proof_of(const Rule& rule, const Voice& voice) {
  std::string text;
  switch (rule.attribution) {
    case Rule::Attribution::shape:
      return std::string(
          voice("The shape alone tells whose it is; entropy, repeats and placeholders are checked.",
                "仅凭形状即可确定归属；同时检查熵、重复和占位符。"));
    case Rule::Attribution::evidence:
      text = voice(
          "The shape is not enough: other issuers share it. A host, provider, console, variable or name "
          "near it, or the same key elsewhere "
          "in the run, must say that it is Kimi's; each finding names which.",
          "仅凭形状不够：其他厂商也用同样的形状。必须有附近的域名、提供商、控制台、变量或名称，或同一次"
          "扫描中别处的同一密钥表明它属于 "
          "Kimi；每条结果都会写明依据。");
      if (!rule.without_evidence.empty())
        text += std::string(voice(" Without that it is reported as ", " 若没有依据，则报告为 ")) +
                rule.without_evidence + std::string(voice.full_stop());
      return text;
    case Rule::Attribution::token:
      return std::string(
          voice("What the token itself says (issuer, audience, scope) and the names around it decide.",
                "由令牌自身的内容（签发方、受众、范围）和周围的名称判定。"));
  }
  return text;
}

std::vector<const SeverityRow*> rows_of(const Rule& rule, const Rulebook& book) {
  std::vector<const SeverityRow*> rows;
  for (const SeverityRow& row : book.severities) {
    const bool named = std::find(row.rules.begin(), row.rules.end(), rule.id) != row.rules.end();
    if (named || (row.rules.empty() && rule.kind == Rule::Kind::leak)) rows.push_back(&row);
    // A row of the rule's own without conditions decides always.
    if (named && row.conditions.empty()) break;
  }
  return rows;
}

Ink ink_of(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return Ink::critical;
    case Severity::high:
      return Ink::high;
    case Severity::medium:
      return Ink::medium;
    case Severity::low:
      return Ink::low;
    default:
      return Ink::dim;
  }
}

}  // namespace

std::string_view kind_name(const Rule& rule) {
  return rule.kind == Rule::Kind::leak ? "leak" : "configuration";
}

std::string rule_text(const Rule& rule, const Rulebook& book, std::string_view language,
                      const Screen& screen) {
  const Voice voice(language);
  Page page(screen, voice.chinese() ? 8 : 10);
  page.title(rule.title.empty() ? rule.id : rule.title.in(language), rule.id);
  page.paragraph(rule.description.in(language));
  page.blank();
  page.field(voice("Kind", "类型"), rule.kind == Rule::Kind::leak
                                        ? voice("a leaked credential", "凭据泄露")
                                        : voice("a setting that does not fit", "配置问题"));
  page.field(voice("Worst", "最高级别"), voice.severity(rule.worst));
  page.field(voice("Precision", "准确度"), rule.precision);
  page.field(voice("From", "出处"), rule.file.starts_with("built-in:")
                                        ? std::string()
                                        : rule.file + ":" + std::to_string(rule.line));
  page.blank();
  if (rule.kind == Rule::Kind::leak) {
    page.heading(voice("What is found", "查找什么"));
    page.field(voice("Shape", "形状"), shape_of(rule, voice));
    page.field(voice("Evidence", "依据"), proof_of(rule, voice));
    std::vector<std::string> issuers;
    bool others = false;
    for (const IssuerMark& mark : rule.marks) {
      if (const Vendor* vendor = book.vendor(mark.issuer); vendor != nullptr)
        issuers.push_back(vendor->title);
      else
        others = true;
    }
    if (others) issuers.emplace_back(voice("others", "其他厂商"));
    if (!rule.marks.empty())
      page.field(voice("Not it", "排除"),
                 std::string(voice("keys that carry the mark of ", "带有下列厂商标记的密钥：")) +
                     joined(issuers));
  } else {
    page.heading(voice("What it says", "报告内容"));
    if (!rule.message.empty()) page.paragraph(rule.message.in(language), 2);
    for (const MessageVariant& variant : rule.variants)
      if (!variant.message.empty()) page.paragraph(variant.message.in(language), 2);
  }
  const std::vector<const SeverityRow*> rows = rows_of(rule, book);
  if (!rows.empty()) {
    page.blank();
    page.heading(voice("How bad, by the first that fits", "严重程度（取第一个符合的）"));
    for (const SeverityRow* row : rows)
      page.field(voice.severity(row->severity), row->reason.in(language), ink_of(row->severity));
  }
  if (!rule.advice.empty()) {
    page.blank();
    page.heading(voice("What to do", "怎么做"));
    page.paragraph(rule.advice.in(language), 2);
  }
  for (const report::RuleAdvice& advice : report::advice_for(rule, book, language)) {
    page.blank();
    page.heading(advice.title);
    if (advice.otherwise.empty()) {
      page.steps(advice.if_exposed);
      continue;
    }
    page.paragraph(voice("If it was pushed, sent to another party or used by others:",
                         "如果已推送、已发给第三方或已被他人使用："),
                   2, Ink::dim);
    page.steps(advice.if_exposed);
    page.paragraph(voice("If nobody else can have read it:", "如果不可能有别人读到："), 2, Ink::dim);
    page.steps(advice.otherwise);
  }
  page.blank();
  page.heading(voice("If a finding is fine", "若某条结果无妨"));
  page.literal("kimiguard ignore ID --reason \"…\"");
  page.paragraph(rule.kind == Rule::Kind::leak
                     ? voice("with the ID that stands beside the finding; or write on its line, in a "
                             "comment: kimiguard:allow, and why.",
                             "ID 在该条结果旁边；也可以在该行的注释中写 kimiguard:allow 和理由。")
                     : voice("with the ID that stands beside the finding. It accepts that setting, "
                             "never the key in it.",
                             "ID 在该条结果旁边。它只接受该处设置，不会放过其中的密钥。"),
                 2);
  if (!rule.references.empty()) {
    page.blank();
    page.heading(voice("See also", "另见"));
    for (const std::string& reference : rule.references) page.literal(reference);
  }
  return report::Redactor()(page.text());
}

report::Json rule_facts(const Rule& rule, const Rulebook& book, std::string_view language, bool whole) {
  report::Json object;
  object["id"] = rule.id;
  object["kind"] = kind_name(rule);
  object["title"] = rule.title.in(language);
  object["worstSeverity"] = name(rule.worst);
  object["precision"] = rule.precision;
  object["file"] = rule.file;
  object["line"] = rule.line;
  if (!whole) return object;
  object["description"] = rule.description.in(language);
  object["message"] = rule.message.in(language);
  object["advice"] = rule.advice.in(language);
  object["tags"] = rule.tags;
  object["references"] = rule.references;
  if (rule.kind == Rule::Kind::leak) {
    object["expression"] = rule.expression;
    object["attribution"] = rule.attribution == Rule::Attribution::shape      ? "shape"
                            : rule.attribution == Rule::Attribution::evidence ? "evidence"
                                                                              : "token";
    object["withoutEvidence"] =
        rule.without_evidence.empty() ? report::Json() : report::Json(rule.without_evidence);
    report::Json marks = report::Json::array();
    for (const IssuerMark& mark : rule.marks) marks.push_back(mark.issuer);
    object["otherIssuers"] = marks;
  }
  report::Json severities = report::Json::array();
  for (const SeverityRow* row : rows_of(rule, book))
    severities.push_back(report::Json{{"severity", name(row->severity)},
                                      {"conditions", row->conditions},
                                      {"reason", row->reason.in(language)}});
  object["severities"] = severities;
  report::Json remedies = report::Json::array();
  for (const report::RuleAdvice& advice : report::advice_for(rule, book, language))
    remedies.push_back(report::Json{
        {"title", advice.title}, {"ifExposed", advice.if_exposed}, {"otherwise", advice.otherwise}});
  object["remedies"] = remedies;
  return object;
}

}  // namespace kimiguard::cli
