// One tolerant reader for JSON (RFC 8259), JSONC (comments, trailing commas), JSON5 (json5.org: unquoted
// keys, single quotes, hexadecimal numbers, line continuations) and JSONL. Nothing in Debian 12 gives
// all of these with positions. A tool that is stricter than this reader refuses files that pass here;
// that is for its profile to know.
//
// It keeps its own stack, so that nesting costs memory and not the call stack, and never looks at a
// byte twice but for a bounded look ahead, so that time is linear. After an error it goes on at the next
// byte that can mean something.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "scanner/config/formats.h"

namespace kimiguard::config {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }

// Ends a bare word: an unquoted key, a number, true, false, null.
bool ends_word(char c) {
  return blank(c) || c == ',' || c == ':' || c == '{' || c == '}' || c == '[' || c == ']' || c == '"' ||
         c == '\'';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// JSON's and JSON5's numbers, with "Infinity" and "NaN".
bool number(std::string_view word) {
  std::size_t at = 0;
  if (at < word.size() && (word[at] == '-' || word[at] == '+')) ++at;
  const std::string_view rest = word.substr(at);
  if (rest == "Infinity" || rest == "NaN") return true;
  if (rest.size() > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X'))
    return std::all_of(rest.begin() + 2, rest.end(), [](char c) { return hex_digit(c) >= 0; });
  std::size_t digits = 0;
  const auto skip_digits = [&] {
    for (; at < word.size() && word[at] >= '0' && word[at] <= '9'; ++at) ++digits;
  };
  skip_digits();
  if (at < word.size() && word[at] == '.') {
    ++at;
    skip_digits();
  }
  if (digits == 0) return false;
  if (at < word.size() && (word[at] == 'e' || word[at] == 'E')) {
    ++at;
    if (at < word.size() && (word[at] == '-' || word[at] == '+')) ++at;
    digits = 0;
    skip_digits();
    if (digits == 0) return false;
  }
  return at == word.size();
}

class JsonReader {
 public:
  JsonReader(Builder& builder, bool lines) : builder_(builder), text_(builder.text()), lines_(lines) {}

  void read();

 private:
  struct Frame {
    bool object = false;
    bool has_key = false;  // a key and its colon were read, a value is due
    bool need_comma = false;
    std::size_t index = 0;  // arrays
    Span key;
    std::size_t opened = 0;
  };

  bool skip_blank_and_comments();
  void close(char closer);
  void open(char opener);
  void scalar();
  void key();
  void put(Setting setting);
  void string(ValueText& out, Span& span);
  std::size_t escape(ValueText& out);
  void value_done();
  void missing_comma();
  void end_document(std::size_t at);

  Builder& builder_;
  std::string_view text_;
  bool lines_;
  std::size_t at_ = 0;
  std::vector<Frame> frames_;
  std::vector<std::string> path_;  // one part for each frame
  std::size_t too_deep_ = 0;       // open brackets beyond the depth limit
  int document_ = 0;
  bool top_level_done_ = false;  // a value stands at the top since the last separator
};

// False at the end, or, in JSONL, at the end of the line while a document is open or done.
bool JsonReader::skip_blank_and_comments() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '\n' && lines_) {
      end_document(at_);
      ++at_;
      continue;
    }
    if (blank(c)) {
      ++at_;
      continue;
    }
    // Blanks that JSON5 and careless editors allow: no-break space and the byte order mark.
    if (text_.compare(at_, 2, "\xC2\xA0") == 0) {
      at_ += 2;
      continue;
    }
    if (text_.compare(at_, 3, "\xEF\xBB\xBF") == 0) {
      at_ += 3;
      continue;
    }
    if (c == '/' && at_ + 1 < text_.size()) {
      if (text_[at_ + 1] == '/') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (text_[at_ + 1] == '*') {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) {
          builder_.syntax(at_, "a comment without end");
          at_ = text_.size();
        } else {
          at_ = end + 2;
        }
        continue;
      }
    }
    // Some tools' JSONC and shells' habits.
    if (c == '#' && (frames_.empty() || frames_.back().object || frames_.back().need_comma)) {
      at_ = std::min(text_.find('\n', at_), text_.size());
      continue;
    }
    return true;
  }
  return false;
}

void JsonReader::end_document(std::size_t at) {
  if (!frames_.empty() || too_deep_ > 0) {
    builder_.syntax(at, lines_ ? "the line ends inside an object or array"
                               : "the file ends inside an object or array");
    frames_.clear();
    path_.clear();
    too_deep_ = 0;
    top_level_done_ = true;
  }
  if (top_level_done_) {
    ++document_;
    top_level_done_ = false;
  }
}

void JsonReader::value_done() {
  if (frames_.empty()) {
    top_level_done_ = true;
    return;
  }
  Frame& frame = frames_.back();
  frame.need_comma = true;
  frame.has_key = false;
  if (!frame.object) path_.back() = std::to_string(++frame.index);
}

void JsonReader::missing_comma() {
  if (frames_.empty()) {
    // A second value at the top: a stream of documents, as jq and many logs write it.
    if (top_level_done_) {
      ++document_;
      top_level_done_ = false;
    }
    return;
  }
  if (frames_.back().need_comma) {
    builder_.syntax(at_, "a comma is missing");
    frames_.back().need_comma = false;
  }
}

void JsonReader::open(char opener) {
  missing_comma();
  if (frames_.size() >= builder_.limits().depth || too_deep_ > 0) {
    builder_.limit("objects and arrays are nested too deep");
    ++too_deep_;
    ++at_;
    return;
  }
  if (!frames_.empty() && frames_.back().object && !frames_.back().has_key) {
    builder_.syntax(at_, "an object or array where a key is due");
    path_.back().clear();
  }
  Frame frame;
  frame.object = opener == '{';
  frame.opened = at_;
  frames_.push_back(frame);
  path_.push_back(frame.object ? std::string() : std::string("0"));
  ++at_;
}

void JsonReader::close(char closer) {
  if (too_deep_ > 0) {
    ++at_;
    if (--too_deep_ == 0) value_done();
    return;
  }
  const bool object = closer == '}';
  // The nearest open bracket of this kind; those within it were left open.
  std::size_t depth = frames_.size();
  while (depth > 0 && frames_[depth - 1].object != object) --depth;
  if (depth == 0) {
    builder_.syntax(at_, "a closing bracket that nothing opened");
    ++at_;
    return;
  }
  if (depth != frames_.size()) builder_.syntax(at_, "brackets do not match");
  if (frames_[depth - 1].has_key && depth == frames_.size()) builder_.syntax(at_, "a value is missing");
  frames_.resize(depth - 1);
  path_.resize(depth - 1);
  ++at_;
  value_done();
}

// Reads one escape at the backslash; returns how many bytes it took.
std::size_t JsonReader::escape(ValueText& out) {
  const std::size_t begin = at_;
  if (begin + 1 >= text_.size()) {
    out.copy(text_.substr(begin, 1), begin);
    return 1;
  }
  const auto code_unit = [&](std::size_t from, std::size_t digits) -> std::int32_t {
    std::int32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const int digit = from + i < text_.size() ? hex_digit(text_[from + i]) : -1;
      if (digit < 0) return -1;
      value = value * 16 + digit;
    }
    return value;
  };
  const auto give = [&](std::uint32_t code, std::size_t length) {
    std::string bytes;
    append_utf8(bytes, code);
    out.decoded(bytes, begin, begin + length);
    return length;
  };
  const char c = text_[begin + 1];
  switch (c) {
    case 'n':
      return give('\n', 2);
    case 't':
      return give('\t', 2);
    case 'r':
      return give('\r', 2);
    case 'b':
      return give('\b', 2);
    case 'f':
      return give('\f', 2);
    case 'v':
      return give('\v', 2);
    case '0':
      return give(0, 2);
    case '\n':
      return 2;  // JSON5: the line goes on
    case '\r':
      return begin + 2 < text_.size() && text_[begin + 2] == '\n' ? 3 : 2;
    case 'x': {
      const std::int32_t code = code_unit(begin + 2, 2);
      if (code >= 0) return give(static_cast<std::uint32_t>(code), 4);
      break;
    }
    case 'u': {
      const std::int32_t code = code_unit(begin + 2, 4);
      if (code < 0) break;
      if (code >= 0xD800 && code < 0xDC00 && text_.compare(begin + 6, 2, "\\u") == 0) {
        const std::int32_t low = code_unit(begin + 8, 4);
        if (low >= 0xDC00 && low < 0xE000)
          return give(static_cast<std::uint32_t>(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)),
                      12);
      }
      return give(static_cast<std::uint32_t>(code), 6);
    }
    default:
      break;
  }
  // Any other: the character itself, which may be more than a byte long.
  const std::size_t length = code_point_length(text_, begin + 1);
  out.decoded(text_.substr(begin + 1, length), begin, begin + 1 + length);
  return 1 + length;
}

void JsonReader::string(ValueText& out, Span& span) {
  const char quote = text_[at_];
  const std::size_t open = at_++;
  span.begin = at_;
  std::size_t run = at_;
  const auto flush = [&] { out.copy(text_.substr(run, at_ - run), run); };
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == quote) {
      flush();
      span.end = at_++;
      return;
    }
    if (c == '\\') {
      flush();
      at_ += escape(out);
      run = at_;
    } else if (c == '\n') {
      break;  // no JSON string holds a bare line end: a quote is missing, the next line is sound
    } else {
      ++at_;
    }
  }
  at_ = std::min(at_, text_.size());
  flush();
  span.end = at_;
  builder_.syntax(open, "a string without end");
}

void JsonReader::put(Setting setting) {
  setting.path = path_;
  setting.document = document_;
  if (!frames_.empty() && frames_.back().object) setting.key_bytes = frames_.back().key;
  builder_.add(std::move(setting));
}

void JsonReader::key() {
  Frame& frame = frames_.back();
  missing_comma();
  ValueText text;
  Span span;
  if (text_[at_] == '"' || text_[at_] == '\'') {
    string(text, span);
  } else {
    span.begin = at_;
    while (at_ < text_.size() && !ends_word(text_[at_]) && text_.compare(at_, 2, "//") != 0 &&
           text_.compare(at_, 2, "/*") != 0) {
      if (text_[at_] == '\\') {
        at_ = std::min(at_ + escape(text), text_.size());
      } else {
        text.copy(text_.substr(at_, 1), at_);
        ++at_;
      }
    }
    span.end = at_;
    if (span.size() == 0) {
      builder_.syntax(at_, "a key is due");
      ++at_;
      return;
    }
  }
  path_.back() = text.text();
  frame.key = span;
  if (skip_blank_and_comments() && !frames_.empty() && text_[at_] == ':') {
    ++at_;
    frames_.back().has_key = true;
  } else if (!frames_.empty()) {
    builder_.syntax(at_, "a key without a value");
    frames_.back().need_comma = true;
  }
}

void JsonReader::scalar() {
  missing_comma();
  Setting setting;
  ValueText text;
  Span span;
  if (text_[at_] == '"' || text_[at_] == '\'') {
    string(text, span);
  } else {
    span.begin = at_;
    while (at_ < text_.size() && !ends_word(text_[at_]) && text_.compare(at_, 2, "//") != 0 &&
           text_.compare(at_, 2, "/*") != 0)
      ++at_;
    if (at_ == span.begin) {
      builder_.syntax(at_, "a value is due");
      ++at_;
      return;
    }
    span.end = at_;
    const std::string_view word = text_.substr(span.begin, at_ - span.begin);
    text.copy(word, span.begin);
    if (word == "true" || word == "false") {
      setting.type = Setting::Type::boolean;
    } else if (word == "null" || word == "undefined") {
      setting.type = Setting::Type::null;
    } else if (number(word)) {
      setting.type = Setting::Type::number;
    } else {
      builder_.syntax(span.begin, "a value without quotes");
    }
  }
  std::move(text).store(setting, span);
  put(std::move(setting));
  value_done();
}

void JsonReader::read() {
  while (builder_.room() && skip_blank_and_comments()) {
    const char c = text_[at_];
    if (too_deep_ > 0 && c != '{' && c != '[' && c != '}' && c != ']') {
      // Only brackets count here, and strings, which may hold brackets.
      if (c == '"' || c == '\'') {
        ValueText ignored;
        Span span;
        string(ignored, span);
      } else {
        ++at_;
      }
      continue;
    }
    const bool wants_key = !frames_.empty() && frames_.back().object && !frames_.back().has_key;
    switch (c) {
      case '{':
      case '[':
        open(c);
        break;
      case '}':
      case ']':
        close(c);
        break;
      case ',':
        if (frames_.empty() || !frames_.back().need_comma) {
          if (!frames_.empty() && frames_.back().has_key) {
            builder_.syntax(at_, "a value is missing");
            frames_.back().has_key = false;
          } else {
            builder_.syntax(at_, "a comma too many");
          }
        }
        if (!frames_.empty()) frames_.back().need_comma = false;
        ++at_;
        break;
      case ':':
        builder_.syntax(at_, "a colon without a key");
        ++at_;
        break;
      default:
        if (wants_key)
          key();
        else
          scalar();
    }
  }
  if (builder_.room()) end_document(text_.size());
}

}  // namespace

void read_json(Builder& builder, bool lines) { JsonReader(builder, lines).read(); }

}  // namespace kimiguard::config
