#include "scanner/detect/surroundings.h"

#include <algorithm>
#include <cctype>

#include "scanner/detect/lines.h"
#include "scanner/detect/names.h"
#include "scanner/rulebook/expression.h"
#include "scanner/text/char_class.h"

namespace kimiguard::detect {
namespace {

// Byte by byte, as the rules' own: broken UTF-8 is text too.
class Bytewise : public rulebook::Expression {
 public:
  explicit Bytewise(const char* expression) : Expression(expression, rulebook::Case::sensitive, rulebook::Encoding::latin1) {}
};
using Groups = std::vector<std::string_view>;

// What may stand between the separator of an assignment and the secret itself.
#define KG_VALUE_PREFIX                                                                                     \
  R"((?:[\s"'`\\({\[<>|+&]|\b[fFbBrRuUL]{1,2}["']|[@$]["']|(?i:bearer|token|basic|apikey|str|string|new)[\s(:]+|[&!]\w+[ \t]+|&quot;|&#39;|<!\[CDATA\[|//)*$)"

const Bytewise& assignment_expression() {
  // name, a closing quote or bracket, perhaps a type before "=", the separator
  static const Bytewise expression(
      R"((\$env:\w+|(?:\b[gbwtslv]:)?[A-Za-z_$@][\w$.\-@]*)(?:\\*["'`])?\s*\]?\)?[ \t]*(?:(?::[ \t]*([\w<>\[\]&'*?.| ][\w<>\[\]&'*?.|: ]{0,39}?)[ \t]*)?(?:\?\?=|\|\|=|\?=|\+=|===?|!=|:=|=>|=)|::|:-|:\?|\?\?|\|\||\?:|\bor\b|:|->|<-))" KG_VALUE_PREFIX);
  return expression;
}

const Bytewise& argument_expression() {  // setenv("X", "…"), config.set('X', …), getenv("X") ?? "…"
  static const Bytewise expression(
      R"([(\[]\s*(?:"\w{1,40}"\s*,\s*)?(?:\\*["'`])([\w.\-:/]+)(?:\\*["'`])\s*\]?\)?\s*(?:,|\?\?|\|\||or\b|\?:|,\s*default\s*=)\s*)" KG_VALUE_PREFIX);
  return expression;
}

const Bytewise& word_expression() {  // export X …, setx X v, ENV X v, --api-key v, password v
  static const Bytewise expression(
      R"((?:(?:\b(?i:setx|set|env|arg|setenv|export|define|setq|defvar|defconst|defparameter)\s+(?:-\w+\s+)*|\s--?|^--?)([A-Za-z_][\w.\-]*)|\b(password|login|machine))\s+)" KG_VALUE_PREFIX);
  return expression;
}

const Bytewise& store_expression() {  // gh secret set X --body "…", vercel env add X --value …
  static const Bytewise expression(
      R"(\b(?:set|put|add|create)\s+(?:-\w+\s+)*([A-Za-z_][\w.\-]*)\s+(?:-b|-v|--body|--value|--data|--secret-string)[\s=]+)" KG_VALUE_PREFIX);
  return expression;
}

const Bytewise& call_expression() {  // .apiKey("…"), std::string key{"…"}, Bearer(…)
  static const Bytewise expression(R"(([A-Za-z_$][\w$]*)\s*[({]\s*)" KG_VALUE_PREFIX);
  return expression;
}

const Bytewise& element_expression() {  // <apiKey>…
  static const Bytewise expression(R"(<([\w:.\-]+)(?:\s[^<>]*)?>\s*(?:<string>\s*|<!\[CDATA\[)?$)");
  return expression;
}

const Bytewise& pair_expression() {  // name/value pairs: XML attributes, JSON objects, YAML maps, plist
  static const Bytewise expression(
      R"((?i)(?:(?:\b|\\?["'])(?:name|key|id|variable|k)(?:\\?["'])?\s*[:=]\s*(?:\\?["'])?([\w.\-:/]+)(?:\\?["'])?[\s,;/]{1,40}(?:[\w":\\.\-]+\s*[:=]\s*[^\s<>{}]{1,40}[\s,]{1,20}){0,2}?(?:\\?["'])?(?:value|val|v|current_?value|default|content)(?:\\?["'])?\s*[:=]|<key>([^<>]{1,80})</key>\s*<string>)\s*(?:\\?["'])?(?:bearer )?$)");
  return expression;
}

// `.env:MOONSHOT_API_KEY=…`, `app.toml:12:api_key = …`: what grep writes before a line is no name with a type, nor is a
// command with a colon in it (`heroku config:set MOONSHOT_API_KEY=…`). The name
// in what was taken for the type; empty where it may well be one.
std::string_view name_after_place(std::string_view type) {
  static const Bytewise expression(
      R"(^(?:\d+[:-](?:\d+:)?\s*(?:export\s+)?([A-Za-z_][\w.\-]*)|\s*(?:(?:export|set)\s+)?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+))$)");
  const Groups found = expression.find(type);  // ^ and $ hold all of it
  if (found.empty()) return {};
  return found[1].empty() ? found[2] : found[1];
}

// What an expression cannot do without, asked before it: to compile one takes 0.1 to 0.3 ms, most of what a scan of
// 1 KB with a key in it takes.
// (find_first_of asks memchr about each byte of the text: a quarter of a file dense with keys.)
bool holds(std::string_view text, std::string_view one_of) {
  return std::any_of(one_of.begin(), one_of.end(), [&](char c) { return text.find(c) != std::string_view::npos; });
}

void drop_spaces(std::string_view& text) {
  while (!text.empty() && (text.back() == ' ' || (text.back() >= '\t' && text.back() <= '\r'))) text.remove_suffix(1);
}

void drop_quote(std::string_view& text) {
  if (text.empty() || (text.back() != '"' && text.back() != '\'')) return;
  text.remove_suffix(1);
  if (!text.empty() && text.back() == '\\') text.remove_suffix(1);
}

// pair_expression ends with "value", "val", "v", "default" or "content" and ":" or "=", or with a tag.
bool may_end_pair(std::string_view text) {
  constexpr std::string_view kBearer = "bearer ";
  if (text.size() >= kBearer.size() &&
      std::equal(kBearer.begin(), kBearer.end(), text.end() - static_cast<std::ptrdiff_t>(kBearer.size()),
                 [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); }))
    text.remove_suffix(kBearer.size());
  drop_quote(text);
  drop_spaces(text);
  if (text.empty()) return false;
  if (text.back() != ':' && text.back() != '=') return text.back() == '>';
  text.remove_suffix(1);
  drop_spaces(text);
  drop_quote(text);
  if (text.empty()) return false;
  const int last = std::tolower(static_cast<unsigned char>(text.back()));
  return last == 'e' || last == 'l' || last == 'v' || last == 't';
}

bool is_word_byte(char c) { return text::is_alnum(c) || c == '_'; }

// Words that stand before a colon or bracket without being a name.
bool is_no_name(std::string_view name) {
  for (const std::string_view word : {"http", "https", "return", "const", "let", "var", "string", "String", "if",
                                      "e.g.", "i.e.", "str", "Bearer", "bearer", "new", "await", "in", "is", "f"})
    if (name == word) return true;
  return name.empty();
}

// The number at a name's end: BASE_URL_1 goes with API_KEY_1, not with API_KEY_2.
std::string_view number_of(std::string_view name) {
  std::size_t begin = name.size();
  while (begin > 0 && text::is_digit(name[begin - 1])) --begin;
  return name.substr(begin);
}

bool compatible(const std::string& a, const std::string& b) {
  if (a == b || a.empty() || b.empty()) return true;
  return a.find(b) != std::string::npos || b.find(a) != std::string::npos;
}

// KIMI_API_KEYS=sk-…,sk-…: where the first key stands of a list that the one at `at` goes on.
std::uint64_t first_of_list(std::string_view text, std::uint64_t at) {
  const std::uint64_t farthest = at - std::min<std::uint64_t>(at, kWindow / 2);
  const auto is_key_byte = [](char c) { return is_word_byte(c) || c == '-'; };
  while (at > farthest) {
    std::uint64_t end = at;
    while (end > 0 && at - end < 4 && std::string_view(",;| ").find(text[end - 1]) != std::string_view::npos) --end;
    if (end == at) break;
    std::uint64_t begin = end;
    while (begin > 0 && end - begin < 160 && is_key_byte(text[begin - 1])) --begin;
    if (end - begin < 20 || !text.substr(begin).starts_with("sk-")) break;
    at = begin;
  }
  return at;
}

}  // namespace

std::vector<std::string> names_before(std::string_view text, std::uint64_t at) {
  std::vector<std::string> names;
  const std::uint64_t from = at > 320 ? at - 320 : 0;
  std::string_view before = text.substr(from, at - from);
  // Not past a blank line: what stands before it is something else.
  if (const std::size_t blank = before.rfind("\n\n"); blank != std::string_view::npos) before.remove_prefix(blank + 2);
  const auto add = [&](std::string_view given) {
    std::string name(given);
    while (!name.empty() && (name.back() == '.' || name.back() == '-')) name.pop_back();
    if (is_no_name(name) || std::find(names.begin(), names.end(), name) != names.end()) return;
    names.push_back(std::move(name));
  };
  const auto add_of_two = [&](const Groups& found) {
    if (!found.empty()) add(found[1].empty() ? found[2] : found[1]);
  };
  const auto add_of_one = [&](const Groups& found) {
    if (!found.empty()) add(found[1]);
  };
  if (may_end_pair(before)) add_of_two(pair_expression().find(before));
  const Groups argument = holds(before, "([") && holds(before, "\"'`") ? argument_expression().find(before) : Groups();
  if (!argument.empty()) {
    add(argument[1]);
    // and what the call's result is assigned to
    const std::size_t inner = before.rfind(argument[1]);
    if (inner != std::string_view::npos && names.size() < 4) {
      std::string_view head = before.substr(0, inner);
      while (!head.empty() && head.back() != '=' && head.back() != '\n' && head.back() != ';' && head.back() != ':')
        head.remove_suffix(1);
      if (!head.empty()) add_of_one(assignment_expression().find(head));
    }
  }
  if (const Groups found = assignment_expression().find(before); !found.empty()) {
    std::string_view assigned = found[1];
    if (const std::string_view inner = name_after_place(found[2]); !inner.empty()) assigned = inner;
    // The last part of a path is no name: folders and files may be called anything. A variable's is: s/KIMI_API_KEY=.*/KIMI_API_KEY=…/
    const bool variable = assigned.find('_') != std::string_view::npos && std::none_of(assigned.begin(), assigned.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (assigned.data() == before.data() || assigned.data()[-1] != '/' || variable) add(assigned);
  }
  if (holds(before, "-")) add_of_one(store_expression().find(before));
  if (!before.ends_with('=')) add_of_two(word_expression().find(before));
  if (holds(before, "<")) add_of_one(element_expression().find(before));
  if (names.empty()) add_of_one(call_expression().find(before));
  return names;
}

Surroundings::Surroundings(std::string_view text, Span candidate) : text_(text), candidate_(candidate) {
  window_.begin = candidate.begin > kWindow ? candidate.begin - kWindow : 0;
  window_.end = std::min<std::uint64_t>(text.size(), candidate.end + kWindow);
  line_ = {line_begin(candidate.begin), line_end(candidate.end)};
  names_ = names_before(text, first_of_list(text, candidate.begin));
  for (const std::string& name : names_) {
    key_named_ = key_named_ || role_of(name) == NameRole::key;
    if (stem_.empty()) stem_ = stem_of(name);
  }
  find_groups();
  find_section();
  if (groups_.empty() && section_.empty()) find_yaml();
  if (labels_.empty() && section_.empty()) find_elements();
  find_statement();
  find_references();
}

void Surroundings::find_groups() {
  std::string closers;  // seen on the way back, still without their opener
  std::vector<std::uint64_t> openers;
  for (std::uint64_t i = candidate_.begin; i > window_.begin && openers.size() < 12;) {
    --i;
    const char c = text_[i];
    if (c == ')' || c == ']' || c == '}') {
      if (closers.size() < 256) closers += c;
    } else if (c == '(' || c == '[' || c == '{') {
      const char closer = c == '(' ? ')' : c == '[' ? ']' : '}';
      if (!closers.empty()) {
        // A stray closer (a smiley, a regular expression) must not hide the real brackets.
        const std::size_t match = closers.rfind(closer);
        if (match != std::string::npos) closers.resize(match);
        continue;
      }
      openers.push_back(i);
    }
  }
  std::uint64_t from = candidate_.end;
  for (const std::uint64_t open : openers) {
    const char c = text_[open];
    if (c == '{' && open > 0 && (text_[open - 1] == '$' || text_[open - 1] == '{' || text_[open - 1] == '#')) continue;
    const char closer = c == '(' ? ')' : c == '[' ? ']' : '}';
    std::string open_inside;
    std::uint64_t i = from;
    for (; i < window_.end; ++i) {
      const char d = text_[i];
      if (d == '(' || d == '[' || d == '{') {
        if (open_inside.size() < 256) open_inside += d == '(' ? ')' : d == '[' ? ']' : '}';
      } else if (!open_inside.empty() && d == open_inside.back()) {
        open_inside.pop_back();
      } else if (d == closer && open_inside.empty()) {
        break;
      }
    }
    Group group;
    group.bracket = c;
    group.span = {open, std::min<std::uint64_t>(i + 1, window_.end)};
    from = std::max(from, std::min<std::uint64_t>(i + 1, window_.end));
    // The label: what stands before the bracket on the same line.
    const std::uint64_t begin = line_begin(open);
    std::string_view head = trim(text_.substr(begin, open - begin));
    if (head.empty() && begin > window_.begin) {  // the bracket stands alone: Allman style
      const std::uint64_t previous = line_begin(begin - 1);
      head = trim(text_.substr(previous, begin - 1 - previous));
    }
    if (c == '{') {
      static const Bytewise code(
          R"((?:\)|=>|\b(?:else|try|do|finally|class|struct|impl|fn|func|function|interface|namespace|module|enum|object|extension|trait|def|void|throws|main|companion|static|init)\b[^{}()]*)\s*(?:const|noexcept|override|async|->\s*[\w<>&:]+|:\s*[\w<>\[\]|.]+)?\s*$)");
      group.code = code.matches_in(head);
    }
    if (group.code) break;
    std::string_view label = head;
    if (label.size() > 120) label = label.substr(label.size() - 120);
    // Only the last name counts: `client = new OpenAI` and `"moonshot":`.
    static const Bytewise last(R"(([A-Za-z_$][\w$.\-/:]*)(?:\\*["'`])?\s*(?:[:=]|=>|:=|\?)?\s*(?:new\s+|await\s+)?([A-Za-z_$][\w$.:<>]*)?\s*$)");
    if (const Groups found = last.find(label); !found.empty()) {
      const std::string name(found[1]);
      const std::string callee(found[2]);
      group.label = name;
      const std::uint64_t level = groups_.size();
      if (!name.empty() && !is_no_name(name)) labels_.push_back({name, level});
      if (!callee.empty() && callee != name && !is_no_name(callee)) labels_.push_back({callee, level});
    }
    groups_.push_back(std::move(group));
  }
}

void Surroundings::find_section() {
  // [section] lines of TOML and INI. Not inside an object, but an inline table or array may enclose.
  const auto is_header = [](std::string_view line, std::string& name) {
    line = trim(line);
    if (line.empty() || (line.front() != '[' && line.front() != '\f')) return false;
    static const Bytewise header(R"(^\s*\[{1,2}\s*([A-Za-z_"'][^\[\]]{0,120})\s*\]{1,2}\s*(?:[#;].*)?$)");
    const Groups found = header.find(line);  // ^ and $ hold all of it
    if (!found.empty()) name = std::string(found[1]);
    return !found.empty();
  };
  for (const Group& group : groups_)
    if (group.bracket == '{' && text_.substr(group.span.begin, group.span.size()).find('\n') != std::string_view::npos)
      return;
  std::uint64_t begin = line_.begin;
  std::string name;
  while (true) {
    const std::uint64_t end = line_end(begin);
    if (is_header(text_.substr(begin, end - begin), name)) break;
    if (begin <= window_.begin) return;
    begin = line_begin(begin - 1);
  }
  std::uint64_t end = line_.end;
  while (end < window_.end) {
    const std::uint64_t next = end + 1;
    const std::uint64_t stop = line_end(std::min<std::uint64_t>(next, window_.end));
    if (std::string other; next >= window_.end || is_header(text_.substr(next, stop - next), other)) break;
    end = stop;
  }
  section_.push_back({begin, end});
  labels_.push_back({name, 0});
}

void Surroundings::find_yaml() {
  // "key:" or "- key:" lines; the mapping is the lines of the same indentation around it, its parents
  // give labels and, one level up at a time, their own direct lines.
  static const Bytewise entry(R"(^(?:[+ -]?)(\s*(?:-\s+)*)(?:["']?([\w.\-/@ ]{1,80})["']?\s*:(?:\s|$)|-\s*\S|["']?\w+=))");
  const auto request = []() -> const Bytewise& {
    static const Bytewise expression(R"(^(?:[>+]\s*)?(?:GET|POST|PUT|PATCH|DELETE|HEAD)\s+\S)");
    return expression;
  };
  const auto key_of = []() -> const Bytewise& {
    static const Bytewise expression(R"(^(?:\s*-)*\s*["']?([\w.\-/@ ]{1,80})["']?\s*:)");
    return expression;
  };
  const auto indent_of = [&](std::uint64_t begin) {
    std::uint64_t n = 0;
    while (begin + n < window_.end && (is_blank(text_[begin + n]) ||
                                       (text_[begin + n] == '-' && begin + n + 1 < window_.end && is_blank(text_[begin + n + 1]))))
      ++n;
    return n;
  };
  const auto line_at = [&](std::uint64_t begin) { return text_.substr(begin, line_end(begin) - begin); };
  const auto is_item = [&](std::uint64_t begin) { return trim(line_at(begin)).starts_with("- "); };
  if (!entry.matches_in(line_at(line_.begin))) return;
  std::uint64_t begin = line_.begin;
  std::uint64_t indent = indent_of(begin);
  for (int level = 0; level < 4; ++level) {
    // A list of plain NAME=value items is one mapping; otherwise "- " begins a new one.
    const bool flat_items = is_item(begin) && !key_of().matches_in(line_at(begin));
    std::uint64_t top = begin;
    std::uint64_t parent = begin;
    bool has_parent = false;
    bool closed = is_item(begin) && !flat_items;  // the item starts here
    while (top > window_.begin) {
      const std::uint64_t previous = line_begin(top - 1);
      const std::string_view line = line_at(previous);
      if (trim(line).empty() || trim(line).starts_with("#")) {
        if (trim(line).empty() && level == 0 && indent == 0) break;
        top = previous;
        continue;
      }
      const std::uint64_t depth = indent_of(previous);
      if (depth < indent) {
        parent = previous;
        has_parent = true;
        break;
      }
      if (closed) {  // look further only for the parent
        top = previous;
        continue;
      }
      if (depth == indent && !entry.matches_in(line)) {
        // The request line above a block of headers is one scope with them.
        if (level == 0 && request().matches_in(trim(line))) section_.push_back({previous, line_end(previous)});
        break;
      }
      section_.push_back({previous, line_end(previous)});
      if (depth > indent) section_.pop_back();  // a sibling's children
      top = previous;
      if (depth == indent && is_item(previous) && !flat_items) closed = true;
    }
    std::uint64_t next = line_end(begin);
    while (next + 1 < window_.end) {
      const std::uint64_t line_start = next + 1;
      const std::string_view line = line_at(line_start);
      next = line_end(line_start);
      if (trim(line).empty() || trim(line).starts_with("#")) {
        if (trim(line).empty() && level == 0 && indent == 0) break;
        continue;
      }
      const std::uint64_t depth = indent_of(line_start);
      if (depth < indent) break;
      if (depth == indent) {
        if (is_item(line_start) && !flat_items) break;
        if (!entry.matches_in(line)) break;
        section_.push_back({line_start, next});
      }
    }
    if (level == 0) section_.push_back(line_);
    if (!has_parent) return;
    if (const Groups found = key_of().find(line_at(parent)); !found.empty()) labels_.push_back({std::string(found[1]), static_cast<std::uint64_t>(level)});
    section_.push_back({parent, line_end(parent)});
    begin = parent;
    indent = indent_of(parent);
  }
}

// XML: the elements around the one that holds the key, if that says that it does (`<apiKey>`). They give labels, the nearest
// its direct text.
void Surroundings::find_elements() {
  std::vector<std::string_view> closed;  // on the way back, still without their opening tag
  std::uint64_t level = 0;
  for (std::uint64_t i = candidate_.begin; i-- > window_.begin && level < 5;) {
    if (text_[i] != '<') continue;
    const std::string_view tag = text_.substr(i + 1, window_.end - i - 1);
    const bool closing = tag.starts_with("/");
    const std::string_view from = tag.substr(closing ? 1 : 0);
    std::size_t length = 0;
    while (length < from.size() && length < 80 && (is_word_byte(from[length]) || from[length] == ':' || from[length] == '-' || from[length] == '.')) ++length;
    if (length == 0) continue;  // a comment, an instruction, a comparison
    const std::string_view name = from.substr(0, length);
    if (closing) {
      if (closed.size() < 64) closed.push_back(name);
      continue;
    }
    const std::size_t end = tag.find('>');
    if (end == std::string_view::npos || (end > 0 && tag[end - 1] == '/')) continue;
    if (!closed.empty()) {
      if (closed.back() == name) closed.pop_back();
      continue;
    }
    if (level++ == 0) {
      if (role_of(name) != NameRole::key) return;
      continue;
    }
    labels_.push_back({std::string(name), level - 2});
    if (level > 2) continue;
    const std::uint64_t close = text_.substr(0, window_.end).find("</" + std::string(name), candidate_.end);
    section_.push_back({i, std::min(close, window_.end)});
  }
}

void Surroundings::find_statement() {
  statement_ = line_;
  const auto ends_open = [](std::string_view line) {
    line = trim(line);
    if (line.empty()) return false;
    const char c = line.back();
    return c == '\\' || c == ',' || c == '(' || c == '+' || c == '.' || c == '&' || c == '|' || c == '^' ||
           c == '`' || c == '=' || c == '[' || c == '{';
  };
  const auto begins_inside = [](std::string_view line) {
    line = trim(line);
    return line.starts_with(".") || line.starts_with("->") || line.starts_with("?.") || line.starts_with("+") ||
           line.starts_with(",") || line.starts_with(")") || line.starts_with("-H ") || line.starts_with("--") ||
           line.starts_with("-d ") || line.starts_with("|") || line.starts_with("&&");
  };
  // A diff's "+" and a table's "|" begin lines that do not hang together.
  const auto is_own_line = [&](std::uint64_t begin) {
    const std::string_view line = trim(text_.substr(begin, line_end(begin) - begin));
    return (line.starts_with("|") && line.ends_with("|")) || (text_[begin] == '+' || text_[begin] == '-');
  };
  for (int n = 0; n < 12 && statement_.begin > window_.begin; ++n) {
    const std::uint64_t previous = line_begin(statement_.begin - 1);
    const std::string_view line = text_.substr(previous, statement_.begin - 1 - previous);
    const std::string_view here = text_.substr(statement_.begin, line_end(statement_.begin) - statement_.begin);
    if (trim(line).empty() || is_own_line(statement_.begin)) break;
    if (!ends_open(line) && !begins_inside(here)) break;
    if (trim(line).ends_with(";")) break;
    statement_.begin = previous;
  }
  for (int n = 0; n < 12 && statement_.end < window_.end; ++n) {
    const std::uint64_t next = statement_.end + 1;
    if (next >= window_.end) break;
    const std::uint64_t stop = line_end(next);
    const std::uint64_t start = line_begin(statement_.end);
    const std::string_view here = text_.substr(start, statement_.end - start);
    const std::string_view line = text_.substr(next, stop - next);
    if (trim(line).empty() || is_own_line(next)) break;
    if (trim(here).ends_with(";") || (!ends_open(here) && !begins_inside(line))) break;
    statement_.end = stop;
  }
}

void Surroundings::find_references() {
  // `API_KEY = "…"` and later `OpenAI(api_key=API_KEY, base_url=…)`: the call speaks for the key.
  if (names_.empty()) return;
  std::string_view name = names_.front();
  if (const std::size_t dot = name.find_last_of(".:"); dot != std::string_view::npos) name = name.substr(dot + 1);
  if (name.size() < 3) return;
  int found = 0;
  const std::string_view near = text_.substr(0, window_.end);
  for (std::uint64_t at = near.find(name, window_.begin); at != std::string_view::npos && found < 8;
       at = near.find(name, at + name.size())) {
    if (line_.contains(at)) continue;
    if (at > 0 && is_word_byte(text_[at - 1])) continue;
    if (at + name.size() < text_.size() && is_word_byte(text_[at + name.size()])) continue;
    // Used as a value: not followed by an assignment of its own.
    std::uint64_t after = at + name.size();
    while (after < window_.end && (is_blank(text_[after]) || text_[after] == '"' || text_[after] == '\'' || text_[after] == ']'))
      ++after;
    if (after < window_.end && (text_[after] == '=' || text_[after] == ':') &&
        !(after + 1 < window_.end && text_[after + 1] == '='))
      continue;
    // Its innermost bracket, or its line.
    int depth = 0;
    std::uint64_t open = at;
    bool bracket = false;
    for (std::uint64_t i = at; i > window_.begin && at - i < 600;) {
      --i;
      const char c = text_[i];
      if (c == ')' || c == ']' || c == '}') ++depth;
      if (c == '(' || c == '[' || c == '{') {
        if (c == '{' && i > 0 && (text_[i - 1] == '$' || text_[i - 1] == '"')) continue;  // interpolation
        if (depth == 0) {
          open = i;
          bracket = true;
          break;
        }
        --depth;
      }
    }
    if (!bracket) {
      references_.push_back({line_begin(at), line_end(at)});
    } else {
      int inside = 0;
      std::uint64_t i = at;
      for (; i < window_.end && i - at < 600; ++i) {
        const char c = text_[i];
        if (c == '(' || c == '[' || c == '{') ++inside;
        if ((c == ')' || c == ']' || c == '}') && inside-- == 0) break;
      }
      references_.push_back({open, i});
    }
    ++found;
  }
}

std::uint64_t Surroundings::level_of(std::uint64_t at) const {
  for (std::size_t i = 0; i < groups_.size(); ++i)
    if (groups_[i].span.contains(at)) return i;
  return 0;
}

bool Surroundings::named_within(std::uint64_t level) const {
  return std::any_of(labels_.begin(), labels_.end(), [&](const Label& label) {
    return label.level < level && role_of(label.name) == NameRole::none && !stem_of(label.name).empty();
  });
}

bool Surroundings::direct_in(const Group& group, std::uint64_t at, bool innermost) const {
  if (!group.span.contains(at)) return false;
  // Walk from the candidate to `at`; every bracket that opens and does not close lies between.
  const std::uint64_t from = at < candidate_.begin ? at : candidate_.end;
  const std::uint64_t to = at < candidate_.begin ? candidate_.begin : at;
  int depth = 0;
  int lowest = 0;
  for (std::uint64_t i = from; i < to; ++i) {
    const char c = text_[i];
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    lowest = std::min(lowest, depth);
  }
  // Coming from `at` before the candidate: what closes on the way (lowest) encloses `at` alone.
  const int around = at < candidate_.begin ? -lowest : depth - lowest;
  if (around == 0) return true;
  return around <= (group.bracket == '(' ? 2 : 1) && innermost;
}

std::uint64_t Surroundings::lines_apart(std::uint64_t at) const {
  const std::uint64_t from = std::min(at, candidate_.begin);
  const std::uint64_t to = std::max(at, candidate_.begin);
  return static_cast<std::uint64_t>(
      std::count(text_.begin() + static_cast<std::ptrdiff_t>(from), text_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
}

bool Surroundings::in_comment(std::uint64_t at) const {
  const std::uint64_t begin = line_begin(std::clamp(at, window_.begin, window_.end));
  std::string_view line = trim(text_.substr(begin, line_end(begin) - begin));
  if (line.starts_with("+") || line.starts_with("-")) line = trim(line.substr(1));
  for (const std::string_view mark : {"#", "//", "--", ";", "/*", "*", "<!--", "%", "REM ", "rem ", "'"})
    if (line.starts_with(mark)) return true;
  // A comment after code, before `at`.
  const std::string_view before = text_.substr(begin, at - begin);
  for (const std::string_view mark : {" # ", " // ", "\t# ", "\t// ", " -- ", " <!-- "})
    if (before.find(mark) != std::string_view::npos) return true;
  return false;
}

bool Surroundings::with_another_key(std::uint64_t at) const {
  // Its innermost bracket that does not hold the candidate.
  std::uint64_t open = at;
  int depth = 0;
  while (open > window_.begin && at - open < 600) {
    --open;
    const char c = text_[open];
    if (open < candidate_.end && at >= candidate_.end) return false;
    if (c == ')' || c == ']' || c == '}') ++depth;
    if (c != '(' && c != '[' && c != '{') continue;
    if (depth-- == 0) break;
  }
  if (depth >= 0) return false;
  std::uint64_t end = at;
  for (depth = 0; end < window_.end && end - at < 600; ++end) {
    const char c = text_[end];
    if (c == '(' || c == '[' || c == '{') ++depth;
    if ((c == ')' || c == ']' || c == '}') && depth-- == 0) break;
  }
  if (candidate_.begin > open && candidate_.begin < end) return false;
  // api_key=…, "apiKey": …
  static const Bytewise argument(R"(([A-Za-z_$][\w$\-]*)(?:\\*["'`])?\s*[:=])");
  const std::string_view inside = text_.substr(open + 1, end - open - 1);
  for (std::uint64_t from = 0; from < inside.size();) {
    const Groups found = argument.find(inside, {from, inside.size()});
    if (found.empty()) break;
    if (role_of(found[1]) == NameRole::key) return true;
    from = static_cast<std::uint64_t>(found[0].data() + found[0].size() - inside.data());
  }
  return false;
}

Scope Surroundings::scope_of(std::uint64_t at, const std::vector<std::string>& names) const {
  if (!window_.contains(at)) return Scope::none;
  std::string stem;
  for (const std::string& name : names)
    if (stem = stem_of(name); !stem.empty()) break;
  const std::string_view number = names.empty() ? std::string_view() : number_of(names.front());
  const std::string_view own = names_.empty() ? std::string_view() : number_of(names_.front());
  if (!number.empty() && !own.empty() && number != own && stem == stem_) return Scope::none;
  const bool fits = compatible(stem, stem_);

  bool innermost = true;
  for (const Group& group : groups_) {
    if (direct_in(group, at, innermost) && (fits || names.empty())) {
      const bool same_line = line_.contains(at);
      return same_line ? Scope::assignment : Scope::group;
    }
    // Lists of {name, value} pairs: siblings with the same stem belong together.
    if (group.bracket == '[' && group.span.contains(at) && !names.empty() && !stem_.empty() && stem == stem_)
      return Scope::pair;
    if (group.bracket != '(') innermost = false;
  }
  const bool enclosed = std::any_of(groups_.begin(), groups_.end(), [&](const Group& g) { return g.bracket == '{'; });
  if (statement_.contains(at)) {
    // A sibling object of the same line or statement is another scope; a chained call is not.
    const bool in_sibling = enclosed && std::any_of(groups_.begin(), groups_.end(), [&](const Group& g) {
                              return g.bracket != '(' && g.span.contains(at);
                            });
    if (!in_sibling && (fits || names.empty() || line_.contains(at)))
      return line_.contains(at) ? Scope::assignment : Scope::statement;
  }
  // What stands in a call or an object that has a key of its own belongs to that key.
  bool others = false;
  for (const Span span : section_)
    if (span.contains(at) && fits && !(others = with_another_key(at))) return Scope::section;
  for (const Span span : references_)
    if (span.contains(at)) return Scope::reference;
  const std::uint64_t apart = lines_apart(at);
  others = others || with_another_key(at);
  const bool in_other_object = enclosed && groups_.back().span.contains(at);
  if (!others && !names.empty() && !names_.empty() && stem == stem_ && apart <= 12 && !in_other_object) return Scope::pair;
  if (apart <= 8) return Scope::block;
  return Scope::none;
}

}  // namespace kimiguard::detect
