#include "scanner/rulebook/foreign_file.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "scanner/core/lowered.h"
#include "scanner/rulebook/expr_filter.h"
#include "scanner/rulebook/expression.h"
#include "scanner/rulebook/table_reader.h"

namespace kimiguard::rulebook {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Both programs take keys in any case.
const toml::node* field(const toml::table& table, std::string_view key) {
  if (const toml::node* exact = table.get(key)) return exact;
  for (const auto& [name, node] : table)
    if (lowered(name.str()) == lowered(key)) return &node;
  return nullptr;
}

class Reader {
 public:
  Reader(const std::string& name, bool check, ForeignFile& file) : name_(name), check_(check), file_(file) {}

  void top(const toml::table& table) {
    if (const toml::node* filter = field(table, "filter")) filter_of(*filter, "the filter of all rules", file_.shared);
    if (const toml::node* filter = field(table, "prefilter")) filter_of(*filter, "the prefilter", file_.shared);
    betterleaks_ = field(table, "betterleaksMinVersion") != nullptr || field(table, "prefilter") != nullptr ||
                   field(table, "filter") != nullptr;
    if (const toml::node* extend = field(table, "extend"); extend != nullptr && extend->is_table()) {
      const toml::table& extends = *extend->as_table();
      file_.use_default = flag(extends, "useDefault");
      file_.extends_rules = file_.use_default || !text(extends, "path").empty();
      file_.disabled = texts(extends, "disabledRules");
      if (!text(extends, "url").empty()) file_.notes.push_back(name_ + ": [extend] url is not fetched; give the file with --rules");
    }
    each(table, "rules", [this](const toml::table& one) { rule(one); });
    const auto list = [this](const toml::table& one) {
      std::vector<Excuse> made;
      allowlist(one, made);
      const std::vector<std::string> targets = texts(one, "targetRules");
      if (targets.empty()) file_.shared.insert(file_.shared.end(), made.begin(), made.end());
      for (const std::string& id : targets) file_.targeted.emplace_back(id, made);
    };
    each(table, "allowlist", list);
    each(table, "allowlists", list);
    finish();
  }

 private:
  void complain(const toml::node& node, const std::string& words) {
    file_.complaints.push_back(place_of(name_, node.source()) + ": " + words);
  }

  // A table, or each of an array of them.
  template <class Read>
  void each(const toml::table& table, std::string_view key, const Read& read) {
    const toml::node* node = field(table, key);
    if (node == nullptr) return;
    if (const toml::table* one = node->as_table()) return read(*one);
    if (const toml::array* list = node->as_array()) {
      for (const toml::node& item : *list) {
        if (const toml::table* one = item.as_table()) read(*one);
        else complain(item, "'" + std::string(key) + "' must hold tables");
      }
      return;
    }
    complain(*node, "'" + std::string(key) + "' must be a table");
  }

  std::string text(const toml::table& table, std::string_view key) {
    const toml::node* node = field(table, key);
    if (node == nullptr) return {};
    if (const auto value = node->value<std::string>()) return *value;
    complain(*node, "'" + std::string(key) + "' must be a text");
    return {};
  }
  bool flag(const toml::table& table, std::string_view key) {
    const toml::node* node = field(table, key);
    return node != nullptr && node->value<bool>().value_or(false);
  }
  std::optional<double> number(const toml::table& table, std::string_view key) {
    const toml::node* node = field(table, key);
    if (node == nullptr) return {};
    if (const auto value = node->value<double>()) return *value;
    complain(*node, "'" + std::string(key) + "' must be a number");
    return {};
  }
  std::vector<std::string> texts(const toml::table& table, std::string_view key) {
    std::vector<std::string> list;
    const toml::node* node = field(table, key);
    if (node == nullptr) return list;
    if (const toml::array* array = node->as_array()) {
      for (const toml::node& item : *array) {
        if (const auto value = item.value<std::string>()) list.push_back(*value);
        else complain(item, "'" + std::string(key) + "' must hold texts");
      }
    } else {
      complain(*node, "'" + std::string(key) + "' must be an array of texts");
    }
    return list;
  }

  std::string expression(const toml::table& table, std::string_view key, int group = 0) {
    std::string made = re2_syntax(text(table, key));
    if (made.empty()) return made;
    check(*field(table, key), key, made, group);
    return made;
  }
  void check(const toml::node& node, std::string_view key, const std::string& made, int group = 0) {
    if (!check_) return;
    if (const std::string why = why_not_re2(made, group); !why.empty())
      complain(node, "'" + std::string(key) + "' does not compile (" + why + ")");
  }
  std::vector<std::string> expressions(const toml::table& table, std::string_view key) {
    std::vector<std::string> list = texts(table, key);
    for (std::string& one : list) {
      one = re2_syntax(one);
      check(*field(table, key), key, one);
    }
    return list;
  }

  void allowlist(const toml::table& table, std::vector<Excuse>& to) {
    const std::string condition = lowered(text(table, "condition"));
    const bool all = condition == "and" || condition == "&&";
    if (!all && !condition.empty() && condition != "or" && condition != "||")
      complain(*field(table, "condition"), "'condition' is 'and' or 'or'");
    ExcuseTerm pattern;
    const std::string target = text(table, "regexTarget");
    if (target == "match") pattern.target = ExcuseTerm::Target::match;
    else if (target == "line") pattern.target = ExcuseTerm::Target::line;
    else if (!target.empty() && target != "secret") complain(*field(table, "regexTarget"), "'regexTarget' is 'secret', 'match' or 'line'");
    std::vector<ExcuseTerm> terms;
    const auto add = [&](ExcuseTerm::Kind kind, std::vector<std::string> list, ExcuseTerm term) {
      if (list.empty()) return;
      term.kind = kind;
      term.texts = std::move(list);
      terms.push_back(std::move(term));
    };
    const auto in_small = [](std::vector<std::string> list) {
      for (std::string& one : list) one = lowered(one);
      return list;
    };
    add(ExcuseTerm::Kind::commit, in_small(texts(table, "commits")), {});
    add(ExcuseTerm::Kind::path, expressions(table, "paths"), {});
    add(ExcuseTerm::Kind::expression, expressions(table, "regexes"), pattern);
    add(ExcuseTerm::Kind::words, in_small(texts(table, "stopwords")), {});
    if (terms.empty()) {
      complain(table, "an allowlist needs one of commits, paths, regexes and stopwords");
      return;
    }
    if (all) {
      to.push_back(std::move(terms));
    } else {
      for (ExcuseTerm& term : terms) to.push_back({std::move(term)});
    }
  }

  void filter_of(const toml::node& node, const std::string& whose, std::vector<Excuse>& to) {
    const auto text = node.value<std::string>();
    if (!text) return;
    ReadFilter read = read_filter(*text);
    if (check_)
      for (const Excuse& excuse : read.excuses)
        for (const ExcuseTerm& term : excuse)
          if (term.kind == ExcuseTerm::Kind::path || term.kind == ExcuseTerm::Kind::expression)
            for (const std::string& one : term.texts) check(node, "filter", one);
    to.insert(to.end(), std::make_move_iterator(read.excuses.begin()), std::make_move_iterator(read.excuses.end()));
    if (!read.whole) partly_.push_back(whose);
  }

  void rule(const toml::table& table) {
    Rule made;
    auto foreign = std::make_shared<ForeignRule>();
    made.file = name_;
    made.line = table.source().begin.line;
    made.id = text(table, "id");
    if (made.id.empty()) {
      complain(table, "a rule has no 'id'");
      return;
    }
    if (std::any_of(file_.rules.begin(), file_.rules.end(), [&](const Rule& other) { return other.id == made.id; })) {
      // As the programs do: the later one counts.
      std::erase_if(file_.rules, [&](const Rule& other) { return other.id == made.id; });
    }
    const std::string description = text(table, "description");
    made.title.en = made.id;
    made.description.en = description.empty() ? made.id : description;
    made.message = {"{secret} in {place} matches the rule " + made.id, "{place} 中的 {secret} 符合规则 " + made.id};
    made.secret_kind = made.id;
    made.tags = texts(table, "tags");
    made.tags.insert(made.tags.begin(), "secret");
    made.precision = "medium";
    made.confidence = Confidence::medium;
    made.worst = Severity::medium;
    const auto group = number(table, "secretGroup");
    foreign->group = group && *group >= 0 && *group < 100 ? static_cast<int>(*group) : 0;
    made.group = foreign->group;
    made.expression = expression(table, "regex", foreign->group);
    foreign->path = expression(table, "path");
    foreign->keywords = texts(table, "keywords");
    for (std::string& word : foreign->keywords) word = lowered(word);
    made.keywords = foreign->keywords;
    foreign->silent = flag(table, "skipReport");
    foreign->generic = lowered(made.id).find("generic") != std::string::npos;
    if (const auto specificity = number(table, "specificity"); specificity && *specificity < 100) foreign->generic = true;
    foreign->entropy = number(table, "entropy").value_or(0);
    if (foreign->entropy != 0) {
      ExcuseTerm term;
      term.kind = ExcuseTerm::Kind::entropy;
      term.least = -kInfinity;
      term.most = foreign->entropy;
      foreign->excuses.push_back({term});
    }
    each(table, "allowlist", [&](const toml::table& one) { allowlist(one, foreign->excuses); });
    each(table, "allowlists", [&](const toml::table& one) { allowlist(one, foreign->excuses); });
    if (const toml::node* filter = field(table, "filter")) {
      betterleaks_ = true;
      filter_of(*filter, made.id, foreign->excuses);
    }
    each(table, "required", [&](const toml::table& one) {
      RequiredRule required;
      required.id = text(one, "id");
      if (required.id.empty()) complain(one, "'required' names no rule; write its 'id'");
      if (const auto lines = number(one, "withinLines")) required.within_lines = static_cast<std::int64_t>(*lines);
      if (const auto columns = number(one, "withinColumns")) required.within_columns = static_cast<std::int64_t>(*columns);
      foreign->required.push_back(std::move(required));
    });
    if (flag(table, "tokenEfficiency")) partly_.push_back(made.id);
    // betterleaks' Expr that asks the vendor whether the secret is live; this program asks nobody.
    if (field(table, "validate") != nullptr) {
      betterleaks_ = true;
      validated_.push_back(made.id);
    }
    if (made.expression.empty()) {
      if (foreign->path.empty() && !file_.extends_rules) complain(table, "the rule '" + made.id + "' has neither 'regex' nor 'path'");
      if (!foreign->path.empty()) path_only_.push_back(made.id);
    }
    made.foreign = std::move(foreign);
    file_.rules.push_back(std::move(made));
  }

  static std::string joined(const std::vector<std::string>& names) {
    std::string out;
    for (std::size_t i = 0; i < names.size() && i < 5; ++i) out += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > 5) out += " and " + std::to_string(names.size() - 5) + " more";
    return out;
  }

  void finish() {
    for (Rule& rule : file_.rules) {
      auto foreign = std::make_shared<ForeignRule>(*rule.foreign);
      foreign->origin = betterleaks_ ? "betterleaks" : "gitleaks";
      rule.foreign = std::move(foreign);
    }
    if (!partly_.empty())
      file_.notes.push_back(name_ + ": parts of filters that need Expr or a tokenizer are not run, so there may be more findings, for " + joined(partly_));
    if (!validated_.empty())
      file_.notes.push_back(name_ + ": 'validate' (Expr that asks the vendor whether a secret is live) is not run, so findings are not told apart by it, for " + joined(validated_));
    if (!path_only_.empty() && !file_.extends_rules)
      file_.notes.push_back(name_ + ": rules that name a path and no expression find nothing here: " + joined(path_only_));
  }

  const std::string& name_;
  bool check_;
  ForeignFile& file_;
  bool betterleaks_ = false;
  std::vector<std::string> partly_;
  std::vector<std::string> validated_;
  std::vector<std::string> path_only_;
};

}  // namespace

bool is_foreign(const toml::table& top) {
  if (top.get("rule") != nullptr) return false;
  return field(top, "rules") != nullptr || field(top, "allowlist") != nullptr || field(top, "allowlists") != nullptr ||
         field(top, "extend") != nullptr || field(top, "prefilter") != nullptr;
}

std::string extended_path(std::string_view text) {
  if (text.size() > (std::size_t{4} << 20) || text.find("extend") == std::string_view::npos) return {};
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) return {};
  if (!is_foreign(parsed.table())) return {};
  const toml::node* extend = field(parsed.table(), "extend");
  if (extend == nullptr || !extend->is_table()) return {};
  const toml::node* path = field(*extend->as_table(), "path");
  return path == nullptr ? std::string() : path->value<std::string>().value_or("");
}

ForeignFile read_foreign(const toml::table& top, const std::string& name, bool check_expressions) {
  ForeignFile file;
  Reader(name, check_expressions, file).top(top);
  return file;
}

Rule extended(const Rule& base, const Rule& rule) {
  Rule made = base;
  auto foreign = std::make_shared<ForeignRule>(*base.foreign);
  const ForeignRule& over = *rule.foreign;
  if (rule.description.en != rule.id) made.description = rule.description;
  if (!rule.expression.empty()) made.expression = rule.expression;
  if (!over.path.empty()) foreign->path = over.path;
  if (over.group != 0) made.group = foreign->group = over.group;
  if (over.entropy != 0) {
    foreign->entropy = over.entropy;
    std::erase_if(foreign->excuses, [&](const Excuse& excuse) {
      return excuse.size() == 1 && excuse[0].kind == ExcuseTerm::Kind::entropy && excuse[0].most == base.foreign->entropy;
    });
  }
  foreign->excuses.insert(foreign->excuses.end(), over.excuses.begin(), over.excuses.end());
  foreign->keywords.insert(foreign->keywords.end(), over.keywords.begin(), over.keywords.end());
  made.keywords = foreign->keywords;
  for (std::size_t i = 1; i < rule.tags.size(); ++i) made.tags.push_back(rule.tags[i]);
  made.file = rule.file;
  made.line = rule.line;
  made.foreign = std::move(foreign);
  return made;
}

std::string re2_syntax(std::string_view go_expression) {
  std::string out;
  bool in_class = false;
  for (std::size_t i = 0; i < go_expression.size(); ++i) {
    const char c = go_expression[i];
    out += c;
    if (c == '\\' && i + 1 < go_expression.size()) {
      out += go_expression[++i];
    } else if (c == '[' && !in_class) {
      in_class = true;
      if (i + 1 < go_expression.size() && go_expression[i + 1] == '^') out += go_expression[++i];
      if (i + 1 < go_expression.size() && go_expression[i + 1] == ']') out += go_expression[++i];
    } else if (c == ']') {
      in_class = false;
    } else if (c == '(' && !in_class && go_expression.substr(i + 1).starts_with("?<") && i + 3 < go_expression.size() &&
               std::isalpha(static_cast<unsigned char>(go_expression[i + 3]))) {
      out += "?P<";
      i += 2;
    }
  }
  return out;
}

}  // namespace kimiguard::rulebook
