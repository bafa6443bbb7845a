#include "scanner/rulebook/expr_filter.h"

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "scanner/rulebook/foreign_file.h"

namespace kimiguard::rulebook {
namespace {

constexpr int kDepth = 32;
constexpr std::size_t kMostExcuses = 256;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A part of a filter as a list of excuses (an OR of ANDs); nothing: not understood.
using Part = std::optional<std::vector<Excuse>>;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  ReadFilter read() {
    ReadFilter filter;
    // The outermost || one by one: each part that is understood counts by itself.
    for (;;) {
      const std::size_t begin = at_;
      Part part = conjunction(0);
      space();
      const bool ends = at_ >= text_.size() || starts("||");
      if (part && ends && filter.excuses.size() + part->size() <= kMostExcuses) {
        filter.excuses.insert(filter.excuses.end(), part->begin(), part->end());
      } else {
        filter.whole = false;
        at_ = begin;
        if (!skip_to_or()) break;
      }
      if (!take("||")) break;
    }
    return filter;
  }

 private:
  void space() {
    for (;;) {
      while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
      if (!starts("//") && !starts("#")) return;
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    }
  }
  bool starts(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  bool take(std::string_view word) {
    space();
    if (!starts(word)) return false;
    at_ += word.size();
    return true;
  }
  bool take_name(std::string_view word) {
    space();
    const std::size_t after = at_ + word.size();
    if (!starts(word) || (after < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[after])) || text_[after] == '_')))
      return false;
    at_ = after;
    return true;
  }

  // Past one part that is not understood, to an || outside of brackets and texts.
  bool skip_to_or() {
    int depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '`' || c == '"' || c == '\'') {
        if (!string()) return false;
        continue;
      }
      if (c == '(' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == ']' || c == '}') --depth;
      if (depth == 0 && starts("||")) return true;
      ++at_;
    }
    return false;
  }

  std::optional<std::string> string() {
    space();
    if (at_ >= text_.size()) return {};
    const char quote = text_[at_];
    if (quote != '`' && quote != '"' && quote != '\'') return {};
    std::string out;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && quote != '`' && at_ + 1 < text_.size()) {
        const char c = text_[++at_];
        switch (c) {
          case 'n': out += '\n'; break;
          case 't': out += '\t'; break;
          case 'r': out += '\r'; break;
          default: out += c;
        }
      } else {
        out += text_[at_];
      }
    }
    if (at_ >= text_.size()) return {};
    ++at_;
    return out;
  }

  std::optional<std::vector<std::string>> strings() {
    if (!take("[")) return {};
    std::vector<std::string> list;
    for (;;) {
      if (take("]")) return list;
      auto one = string();
      if (!one) return {};
      list.push_back(std::move(*one));
      take(",");
    }
  }

  struct What {
    bool path = false;
    ExcuseTerm::Target target = ExcuseTerm::Target::secret;
  };
  // finding["secret"], get(attributes, "path", ""), (attributes["path"] ?? "")
  std::optional<What> what() {
    const bool bracket = take("(");
    What made;
    if (take_name("finding")) {
      if (!take("[")) return {};
      const auto name = string();
      if (!name || !take("]")) return {};
      if (*name == "secret") made.target = ExcuseTerm::Target::secret;
      else if (*name == "match") made.target = ExcuseTerm::Target::match;
      else if (*name == "line") made.target = ExcuseTerm::Target::line;
      else return {};
    } else if (take_name("get")) {
      if (!take("(") || !take_name("attributes") || !take(",")) return {};
      const auto name = string();
      if (!name || *name != "path") return {};
      if (take(",") && !string()) return {};
      if (!take(")")) return {};
      made.path = true;
    } else if (take_name("attributes")) {
      if (!take("[")) return {};
      const auto name = string();
      if (!name || *name != "path" || !take("]")) return {};
      if (take("??") && !string()) return {};
      made.path = true;
    } else {
      return {};
    }
    if (bracket && !take(")")) return {};
    return made;
  }

  std::optional<double> number() {
    space();
    const std::string rest(text_.substr(at_, 40));
    char* end = nullptr;
    const double value = std::strtod(rest.c_str(), &end);
    if (end == rest.c_str()) return {};
    at_ += static_cast<std::size_t>(end - rest.c_str());
    return value;
  }

  Part comparison(ExcuseTerm term) {
    space();
    std::string_view op;
    for (const std::string_view one : {"<=", ">=", "==", "<", ">"})
      if (op.empty() && starts(one)) op = one;
    if (op.empty()) return {};
    at_ += op.size();
    const auto value = number();
    if (!value) return {};
    term.least = -kInfinity;
    term.most = kInfinity;
    if (op == "<=") term.most = *value;
    if (op == ">=") term.least = *value;
    if (op == "==") term.least = term.most = *value;
    if (op == "<") term.most = std::nextafter(*value, -kInfinity);
    if (op == ">") term.least = std::nextafter(*value, kInfinity);
    return std::vector<Excuse>{{std::move(term)}};
  }

  Part call() {
    if (take_name("filter")) {
      if (!take(".")) return {};
    }
    ExcuseTerm term;
    if (take_name("entropy") || take_name("len")) {
      const bool entropy = text_.substr(0, at_).ends_with("entropy");
      term.kind = entropy ? ExcuseTerm::Kind::entropy : ExcuseTerm::Kind::length;
      if (!take("(")) return {};
      const auto of = what();
      if (!of || of->path || !take(")")) return {};
      term.target = of->target;
      return comparison(std::move(term));
    }
    const bool matches = take_name("matchesAny");
    if (!matches && !take_name("containsAny")) return {};
    if (!take("(")) return {};
    const auto of = what();
    if (!of || !take(",")) return {};
    auto texts = strings();
    if (!texts || !take(")")) return {};
    if (of->path && !matches) return {};
    term.kind = of->path ? ExcuseTerm::Kind::path : matches ? ExcuseTerm::Kind::expression : ExcuseTerm::Kind::words;
    term.target = of->target;
    for (std::string& text : *texts) term.texts.push_back(matches ? re2_syntax(text) : std::move(text));
    return std::vector<Excuse>{{std::move(term)}};
  }

  Part unary(int depth) {
    if (depth > kDepth) return {};
    space();
    if (at_ < text_.size() && text_[at_] == '!' && !starts("!=")) {
      ++at_;
      Part inner = unary(depth + 1);
      // not (a or b …) of single terms is one excuse; anything larger is not written that way.
      if (!inner) return {};
      Excuse all;
      for (Excuse& excuse : *inner) {
        if (excuse.size() != 1) return {};
        excuse[0].negated = !excuse[0].negated;
        all.push_back(std::move(excuse[0]));
      }
      return std::vector<Excuse>{std::move(all)};
    }
    const std::size_t before = at_;
    if (take("(")) {
      Part inner = disjunction(depth + 1);
      if (inner && take(")")) return inner;
      at_ = before;
      return {};
    }
    return call();
  }

  Part conjunction(int depth) {
    Part left = unary(depth);
    while (left && take("&&")) {
      Part right = unary(depth);
      if (!right || left->size() * right->size() > kMostExcuses) return {};
      std::vector<Excuse> both;
      for (const Excuse& a : *left)
        for (const Excuse& b : *right) {
          both.push_back(a);
          both.back().insert(both.back().end(), b.begin(), b.end());
        }
      left = std::move(both);
    }
    return left;
  }

  Part disjunction(int depth) {
    Part left = conjunction(depth);
    while (left && take("||")) {
      Part right = conjunction(depth);
      if (!right || left->size() + right->size() > kMostExcuses) return {};
      left->insert(left->end(), right->begin(), right->end());
    }
    return left;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

ReadFilter read_filter(std::string_view text) { return Parser(text).read(); }

}  // namespace kimiguard::rulebook
