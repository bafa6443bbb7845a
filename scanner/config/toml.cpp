// TOML 1.0 by toml++. The library says where a value begins; where it ends, and how its text was
// decoded, is read from the source there (strings have quotes and escapes, its regions cover both). A
// file that is no valid TOML is read line by line instead: tables, keys and values of one line, strings
// of several.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scanner/config/formats.h"
#include "scanner/core/toml_library.h"

namespace kimiguard::config {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";

bool blank(char c) { return c == ' ' || c == '\t'; }

// Reads the TOML string at `at`, an opening quote; returns the offset after its closing quote, or npos
// if it does not end. `span` becomes the text between the quotes.
std::size_t read_string(std::string_view text, std::size_t at, ValueText& out, Span& span) {
  const char quote = text[at];
  const bool multi = text.compare(at, 3, std::string(3, quote)) == 0;
  std::size_t i = at + (multi ? 3 : 1);
  if (multi) {  // a line end right after the opening quotes is not part of it
    if (i < text.size() && text[i] == '\r') ++i;
    if (i < text.size() && text[i] == '\n') ++i;
  }
  span.begin = i;
  std::size_t run = i;
  const auto flush = [&](std::size_t to) { out.copy(text.substr(run, to - run), run); };
  while (i < text.size()) {
    const char c = text[i];
    if (c == quote) {
      if (!multi) {
        flush(i);
        span.end = i;
        return i + 1;
      }
      std::size_t quotes = 0;
      while (i + quotes < text.size() && text[i + quotes] == quote && quotes < 5) ++quotes;
      if (quotes >= 3) {  // up to two quotes may stand before the closing three
        i += quotes - 3;
        flush(i);
        span.end = i;
        return i + 3;
      }
      i += quotes;
    } else if (c == '\n' && !multi) {
      break;
    } else if (c == '\\' && quote == '"' && i + 1 < text.size()) {
      flush(i);
      const char e = text[i + 1];
      std::size_t length = 2;
      std::string decoded;
      if (e == 'u' || e == 'U') {
        length = e == 'u' ? 6 : 10;
        if (i + length > text.size()) length = text.size() - i;
        std::uint32_t code = 0;
        for (std::size_t k = i + 2; k < i + length; ++k) {
          const char h = text[k];
          const int digit = h >= '0' && h <= '9'   ? h - '0'
                            : h >= 'a' && h <= 'f' ? h - 'a' + 10
                            : h >= 'A' && h <= 'F' ? h - 'A' + 10
                                                   : -1;
          if (digit < 0) {
            length = k - i;
            break;
          }
          code = code * 16 + static_cast<std::uint32_t>(digit);
        }
        append_utf8(decoded, code);
      } else if (multi && (blank(e) || e == '\n' || e == '\r')) {
        // A backslash at the end of a line takes all white space that follows.
        std::size_t k = i + 1;
        while (k < text.size() && blank(text[k])) ++k;
        if (k < text.size() && (text[k] == '\n' || text[k] == '\r')) {
          while (k < text.size() && (blank(text[k]) || text[k] == '\n' || text[k] == '\r')) ++k;
          length = k - i;
        }
      } else {
        const char plain = e == 'n'   ? '\n'
                           : e == 't' ? '\t'
                           : e == 'r' ? '\r'
                           : e == 'b' ? '\b'
                           : e == 'f' ? '\f'
                           : e == 'e' ? '\x1b'
                                      : e;
        if (e == '\n') break;
        decoded.push_back(plain);
      }
      out.decoded(decoded, i, i + length);
      i += length;
      run = i;
    } else if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      // toml++ and the specification leave line ends to the reader; they stay as they are.
      ++i;
    } else {
      ++i;
    }
  }
  i = std::min(i, text.size());
  flush(i);
  span.end = i;
  return std::string_view::npos;
}

Setting::Type word_type(std::string_view word) {
  if (word == "true" || word == "false") return Setting::Type::boolean;
  if (!word.empty() && (word[0] == '-' || word[0] == '+' || (word[0] >= '0' && word[0] <= '9') ||
                        word == "inf" || word == "nan"))
    return Setting::Type::number;
  return Setting::Type::text;
}

// The value at `at`: a string, or a word. Returns the offset after it.
std::size_t read_value(std::string_view text, std::size_t at, Setting& setting) {
  ValueText out;
  Span span;
  std::size_t after = 0;
  if (text[at] == '"' || text[at] == '\'') {
    after = read_string(text, at, out, span);
  } else {
    std::size_t end = at;
    while (end < text.size() && text[end] != ',' && text[end] != ']' && text[end] != '}' &&
           text[end] != '#' && text[end] != '\n' && text[end] != '\r')
      ++end;
    after = end;
    while (end > at && blank(text[end - 1])) --end;
    span = {at, end};
    out.copy(text.substr(at, end - at), at);
    setting.type = word_type(out.text());
  }
  std::move(out).store(setting, span);
  return after;
}

class TomlWalk {
 public:
  // `masked`: the library read a text with some letters replaced, its strings are not the truth.
  TomlWalk(Builder& builder, bool masked) : builder_(builder), masked_(masked) {}

  // toml++ itself bounds the depth (TOML_MAX_NESTED_VALUES); dotted keys it does not, so this does.
  void table(const toml::table& table) {
    // Its tables are sorted by name; settings come in the order of the file.
    std::vector<std::pair<const toml::key*, const toml::node*>> entries;
    entries.reserve(table.size());
    for (auto&& [key, node] : table) entries.emplace_back(&key, &node);
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return a.second->source().begin < b.second->source().begin;
    });
    for (const auto& [key, node] : entries) {
      Span key_span{builder_.lines().offset(position(key->source().begin)),
                    builder_.lines().offset(position(key->source().end))};
      trim_key(key_span);
      path_.emplace_back(key->str());
      value(*node, key_span);
      path_.pop_back();
    }
  }

 private:
  // toml++ does not count a byte order mark, LineMap does.
  Position position(toml::source_position p) const {
    const bool marked = p.line == 1 && builder_.text().starts_with(kMark);
    return {p.line, p.column + (marked ? 1u : 0u)};
  }

  void trim_key(Span& span) const {
    const std::string_view text = builder_.text();
    while (span.size() > 0 && blank(text[span.end - 1])) --span.end;
    if (span.size() >= 2 && (text[span.begin] == '"' || text[span.begin] == '\'') &&
        text[span.end - 1] == text[span.begin]) {
      ++span.begin;
      --span.end;
    }
  }

  void value(const toml::node& node, Span key_span) {
    if (!builder_.room()) return;
    if (path_.size() > builder_.limits().depth) {
      builder_.limit("TOML is nested too deep");
      return;
    }
    if (const toml::table* inner = node.as_table()) return table(*inner);
    if (const toml::array* array = node.as_array()) {
      std::size_t index = 0;
      for (const toml::node& element : *array) {
        path_.push_back(std::to_string(index++));
        value(element, {});
        path_.pop_back();
      }
      return;
    }
    const std::size_t at = builder_.lines().offset(position(node.source().begin));
    if (at >= builder_.text().size()) return;
    Setting setting;
    read_value(builder_.text(), at, setting);
    if (const toml::value<std::string>* text = node.as_string()) {
      // The library's text is the truth; ours only says where each part of it stands.
      if (!masked_ && setting.value != text->get()) {
        setting.value = text->get();
        setting.pieces.clear();
        if (!setting.value.empty())
          setting.pieces.push_back({0, static_cast<std::uint32_t>(setting.bytes.begin),
                                    static_cast<std::uint32_t>(setting.bytes.end)});
      }
      setting.type = Setting::Type::text;
    }
    setting.path = path_;
    setting.key_bytes = key_span;
    builder_.add(std::move(setting));
  }

  Builder& builder_;
  bool masked_;
  std::vector<std::string> path_;
};

// The line reader for files that toml++ refuses.
class TomlLines {
 public:
  explicit TomlLines(Builder& builder)
      : builder_(builder), text_(builder.text()), at_(text_.starts_with(kMark) ? kMark.size() : 0) {}

  void read() {
    while (at_ < text_.size() && builder_.room()) {
      skip_blank(true);
      if (at_ >= text_.size()) break;
      const std::size_t line = at_;
      if (text_[at_] == '[') {
        header();
      } else {
        key_value(table_, false);
      }
      if (at_ <= line) at_ = line + 1;
      next_line();
    }
  }

 private:
  void skip_blank(bool lines) {
    while (at_ < text_.size()) {
      if (blank(text_[at_]) || text_[at_] == '\r' || (lines && text_[at_] == '\n')) {
        ++at_;
      } else if (text_[at_] == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return;
      }
    }
  }
  void next_line() {
    if (at_ > 0 && text_[at_ - 1] == '\n') return;
    at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1;
  }

  // A dotted key; empty if there is none.
  std::vector<std::string> dotted(Span& span) {
    std::vector<std::string> parts;
    while (at_ < text_.size()) {
      skip_blank(false);
      if (at_ >= text_.size()) break;
      if (text_[at_] == '"' || text_[at_] == '\'') {
        ValueText out;
        const std::size_t after = read_string(text_, at_, out, span);
        at_ = after == std::string_view::npos ? static_cast<std::size_t>(span.end) : after;
        parts.push_back(out.text());
      } else {
        const std::size_t begin = at_;
        while (at_ < text_.size() && !blank(text_[at_]) && text_[at_] != '.' && text_[at_] != '=' &&
               text_[at_] != ']' && text_[at_] != '\n' && text_[at_] != '\r' && text_[at_] != ',' &&
               text_[at_] != '}' && text_[at_] != '{')
          ++at_;
        if (at_ == begin) return parts;
        span = {begin, at_};
        parts.emplace_back(text_.substr(begin, at_ - begin));
      }
      skip_blank(false);
      if (at_ >= text_.size() || text_[at_] != '.' || parts.size() >= builder_.limits().depth) break;
      ++at_;
    }
    return parts;
  }

  void header() {
    const bool list = text_.compare(at_, 2, "[[") == 0;
    at_ += list ? 2 : 1;
    Span span;
    table_ = dotted(span);
    if (!list) return;
    std::string name;
    for (const std::string& part : table_) name += part + '\0';
    std::size_t& count = lists_[name];
    table_.push_back(std::to_string(count++));
  }

  // `key = value` at `at_`, also inside an inline table.
  void key_value(const std::vector<std::string>& prefix, bool inline_table) {
    Span key;
    std::vector<std::string> path = prefix;
    std::vector<std::string> parts = dotted(key);
    if (parts.empty()) return;
    path.insert(path.end(), parts.begin(), parts.end());
    skip_blank(false);
    if (at_ >= text_.size() || text_[at_] != '=') {
      if (!inline_table) builder_.syntax(at_, "no `=` after a key");
      return;
    }
    ++at_;
    skip_blank(false);
    value(std::move(path), key);
  }

  void value(std::vector<std::string> path, Span key) {
    if (at_ >= text_.size() || text_[at_] == '\n') return;
    if (path.size() > builder_.limits().depth) {
      builder_.limit("TOML is nested too deep");
      next_line();
      return;
    }
    const char c = text_[at_];
    if (c == '[' || c == '{') {
      ++at_;
      std::size_t index = 0;
      while (at_ < text_.size() && builder_.room()) {
        skip_blank(true);
        if (at_ >= text_.size()) return;
        const char d = text_[at_];
        if (d == (c == '[' ? ']' : '}')) {
          ++at_;
          return;
        }
        if (d == ',') {
          ++at_;
          continue;
        }
        const std::size_t before = at_;
        // A line that looks like a table's header ends a list that somebody forgot to close.
        if (c == '[') {
          std::vector<std::string> element = path;
          element.push_back(std::to_string(index++));
          value(std::move(element), {});
        } else {
          key_value(path, true);
        }
        if (at_ == before) return;
      }
      return;
    }
    Setting setting;
    const std::size_t after = read_value(text_, at_, setting);
    at_ = after == std::string_view::npos ? static_cast<std::size_t>(setting.bytes.end) : after;
    setting.path = std::move(path);
    setting.key_bytes = key;
    builder_.add(std::move(setting));
  }

  Builder& builder_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> table_;
  std::map<std::string, std::size_t> lists_;
};

// What toml++ 3.3 must not be given, found by looking at the text's strings, comments and brackets
// first.
//
// It destroys its tables by recursion, and dotted keys nest without a bound of its own: [a.a.a.…].
// And its test for blanks that are not ASCII (is_non_ascii_horizontal_whitespace) runs into
// __builtin_unreachable() for most letters: outside strings, where TOML allows none, and right after a
// backslash or the blanks that a line-ending backslash takes. There the letter is masked: one code point
// for another, so that places stay; values are decoded from the file's own text anyway.
struct Prepared {
  enum class Verdict { good, too_deep, not_ascii };
  Verdict verdict = Verdict::good;
  std::size_t at = 0;  // where it is not good
  std::string masked;  // what to parse; empty: the text as it is
};

bool ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

Prepared prepare(std::string_view text) {
  static constexpr std::size_t kMost = 64;
  Prepared prepared;
  std::vector<std::size_t> letters;
  std::size_t dots = 0;
  std::string open;       // brackets: '[' a list, '{' an inline table, 'h' a header
  bool in_value = false;  // after a "=" of this line or table
  bool line_begins = true;
  const auto bad = [&prepared](Prepared::Verdict verdict, std::size_t at) {
    prepared.verdict = verdict;
    prepared.at = at;
    return prepared;
  };
  const std::size_t first = text.starts_with(kMark) ? kMark.size() : 0;
  for (std::size_t at = first; at < text.size();) {
    const char c = text[at];
    const bool at_line_begin =
        std::exchange(line_begins, c == '\n' || (line_begins && (blank(c) || c == '\r')));
    if (c == '"' || c == '\'') {
      ValueText ignored;
      Span span;
      std::size_t after = read_string(text, at, ignored, span);
      if (after == std::string_view::npos) after = std::max<std::size_t>(span.end, at + 1);
      // In `z"é"` and `1."é"` the library sees no string but a bare value.
      const bool in_list = !open.empty() && open.back() == '[';
      const std::string_view before = in_value || in_list ? "=[,{ \t\r\n" : "=[,{. \t\r\n";
      const bool opens = at == first || before.find(text[at - 1]) != std::string_view::npos;
      if (!opens && !std::all_of(text.begin() + at, text.begin() + after, ascii))
        return bad(Prepared::Verdict::not_ascii, at);
      if (c == '"') {
        for (std::size_t i = span.begin; i < span.end; ++i) {
          if (text[i] != '\\') continue;
          ++i;
          if (i < span.end && (blank(text[i]) || text[i] == '\r' || text[i] == '\n')) {
            while (i < span.end && (blank(text[i]) || text[i] == '\r' || text[i] == '\n')) ++i;
            if (i < span.end && text[i] == '\\') --i;  // an escape of its own
          }
          if (i < span.end && !ascii(text[i])) letters.push_back(i);
        }
      }
      at = after;
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (!ascii(c)) return bad(Prepared::Verdict::not_ascii, at);
    if (c == '\n') {
      dots = 0;
      if (open.empty() || open.back() == 'h') {
        open.clear();
        in_value = false;
      }
    } else if (c == '=') {
      in_value = true;
    } else if (c == ',') {
      in_value = false;
    } else if (c == '.') {
      if (++dots > kMost) return bad(Prepared::Verdict::too_deep, at);
    } else if (c == '[' || c == '{') {
      if (open.size() >= kMost) return bad(Prepared::Verdict::too_deep, at);
      const bool header =
          c == '[' && ((open.empty() && at_line_begin) || (open == "h" && text[at - 1] == '['));
      open += header ? 'h' : c;
      if (c == '{') in_value = false;
    } else if ((c == ']' || c == '}') && !open.empty()) {
      open.pop_back();
      in_value = true;  // whatever it was, it was a value
    }
    ++at;
  }
  std::size_t copied = 0;
  for (const std::size_t letter : letters) {
    prepared.masked += text.substr(copied, letter - copied);
    prepared.masked += 'x';
    copied = letter + code_point_length(text, letter);
  }
  if (!letters.empty()) prepared.masked += text.substr(copied);
  return prepared;
}

}  // namespace

void read_toml(Builder& builder) {
  const Prepared prepared = prepare(builder.text());
  if (prepared.verdict == Prepared::Verdict::too_deep) {
    builder.limit("TOML is nested too deep");
    TomlLines(builder).read();
    return;
  }
  if (prepared.verdict == Prepared::Verdict::not_ascii) {
    builder.syntax(prepared.at, "no valid TOML; the file is read line by line");
    TomlLines(builder).read();
    return;
  }
  const bool masked = !prepared.masked.empty();
  const toml::parse_result parsed = toml::parse(masked ? std::string_view(prepared.masked) : builder.text());
  if (parsed) {
    TomlWalk(builder, masked).table(parsed.table());
    return;
  }
  const toml::source_position where = parsed.error().source().begin;
  builder.syntax(builder.lines().offset({where.line, where.column}), "no valid TOML; the file is read line by line");
  TomlLines(builder).read();
}

}  // namespace kimiguard::config
