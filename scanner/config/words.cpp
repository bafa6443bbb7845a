#include "scanner/config/words.h"

#include <algorithm>
#include <utility>

namespace kimiguard::config {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool variable_name(std::string_view text, bool lenient) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [lenient](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (lenient && (c == '.' || c == '-'));
  });
}

Setting part_of(const Setting& whole, std::size_t begin, std::size_t end) {
  end = std::min(end, whole.value.size());
  begin = std::min(begin, end);
  std::vector<Setting> part(1);
  part[0].value = whole.value.substr(begin, end - begin);
  part[0].bytes = {begin, end};
  rebase(part, whole, {});
  part[0].verbatim = whole.verbatim;
  return std::move(part[0]);
}

std::optional<Setting> assignment(const Setting& text, bool lenient) {
  const std::size_t equals = text.value.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  std::size_t name_end = equals;
  if (text.value[name_end - 1] == '+') --name_end;
  const std::string_view name = std::string_view(text.value).substr(0, name_end);
  if (!variable_name(name, lenient)) return std::nullopt;
  Setting setting = part_of(text, equals + 1, text.value.size());
  setting.path.emplace_back(name);
  setting.key_bytes = bytes_of(text, 0, name_end);
  setting.document = text.document;
  return setting;
}

bool WordReader::begins(std::size_t at) const {
  if (at >= text_.size()) return false;
  const char c = text_[at];
  if (blank(c) || c == '\n' || c == ';' || c == '&' || c == '|' || c == '<' || c == '>') return false;
  return dialect_ == Dialect::fish || (c != '(' && c != ')');
}

// The offset after the substitution that begins at `at`: $(…), ${…}, `…` or, in fish, (…). npos if it
// does not end. Keeps its own stack of what must close.
std::size_t WordReader::substitution_end(std::size_t at) {
  static constexpr std::size_t kMaxDepth = 200;
  static constexpr std::size_t kMaxFailures = 64;
  if (failures_ > kMaxFailures) return std::string_view::npos;
  std::string closers;
  std::size_t i = at;
  if (text_[i] == '$') ++i;
  if (i >= text_.size()) return std::string_view::npos;
  closers.push_back(text_[i] == '(' ? ')' : text_[i] == '{' ? '}' : '`');
  for (++i; i < text_.size(); ++i) {
    const char c = text_[i];
    if (c == '\\') {
      ++i;
    } else if (c == closers.back()) {
      closers.pop_back();
      if (closers.empty()) return i + 1;
    } else if (c == '"') {
      closers.push_back('"');
    } else if (c == '\'' && closers.back() != '"') {
      const std::size_t quote = text_.find('\'', i + 1);
      if (quote == std::string_view::npos) break;
      i = quote;
    } else if (c == '$' && i + 1 < text_.size() && (text_[i + 1] == '(' || text_[i + 1] == '{')) {
      closers.push_back(text_[++i] == '(' ? ')' : '}');
    } else if (c == '(' && closers.back() == ')') {
      closers.push_back(')');
    } else if (c == '`') {
      closers.push_back('`');
    }
    if (closers.size() > kMaxDepth) break;
  }
  ++failures_;
  return std::string_view::npos;
}

// An escape of $'…' or of fish at the backslash; returns its length.
std::size_t WordReader::ansi_escape(std::size_t at, ValueText& out) const {
  const char c = at + 1 < text_.size() ? text_[at + 1] : '\\';
  std::size_t digits = 0;
  switch (c) {
    case 'x':
      digits = 2;
      break;
    case 'u':
      digits = 4;
      break;
    case 'U':
      digits = 8;
      break;
    default:
      break;
  }
  if (digits > 0) {
    std::uint32_t code = 0;
    std::size_t k = at + 2;
    for (; k < text_.size() && k < at + 2 + digits && hex_digit(text_[k]) >= 0; ++k)
      code = code * 16 + static_cast<std::uint32_t>(hex_digit(text_[k]));
    if (k > at + 2) {
      std::string bytes;
      if (c == 'x')
        bytes.push_back(static_cast<char>(code));
      else
        append_utf8(bytes, code);
      out.decoded(bytes, at, k);
      return k - at;
    }
  }
  if (at + 1 >= text_.size()) {
    out.copy(text_.substr(at, 1), at);
    return 1;
  }
  const char plain = c == 'n'   ? '\n'
                     : c == 't' ? '\t'
                     : c == 'r' ? '\r'
                     : c == 'a' ? '\a'
                     : c == 'b' ? '\b'
                     : c == 'e' ? '\x1b'
                     : c == 'f' ? '\f'
                     : c == 'v' ? '\v'
                                : c;
  out.decoded(std::string_view(&plain, 1), at, at + 2);
  return 2;
}

Word WordReader::read(std::size_t at) {
  Word word;
  ValueText out;
  bool expands = false;         // some `$` or backquote is live
  bool literal_dollar = false;  // some is not
  std::size_t first_quote_end = std::string_view::npos;
  const std::size_t begin = at;

  const auto expansion = [&] {
    expands = true;
    const char next = at + 1 < text_.size() ? text_[at + 1] : ' ';
    if (text_[at] == '`' || text_[at] == '(' || next == '(' || (next == '{' && text_[at] == '$')) {
      const std::size_t end = substitution_end(at);
      if (end != std::string_view::npos) {
        out.copy(text_.substr(at, end - at), at);
        at = end;
        return;
      }
      builder_.syntax(at, "a substitution without end");
    }
    out.copy(text_.substr(at, 1), at);
    ++at;
  };
  // A quote without end: what follows on its line belongs to it, the next line is read on its own.
  const auto unended = [&](std::size_t quote) {
    builder_.syntax(quote, "a quote without end");
    const std::size_t line_end = std::min(text_.find('\n', quote), text_.size());
    out.copy(text_.substr(quote + 1, line_end - quote - 1), quote + 1);
    at = line_end;
  };

  while (at < text_.size()) {
    const char c = text_[at];
    if (blank(c) || c == '\n' || c == ';' || c == '&' || c == '|' || c == '<' || c == '>') break;
    if (dialect_ == Dialect::posix && (c == '(' || c == ')')) break;
    if (dialect_ == Dialect::fish && c == ')') {
      if (at > begin) break;
      out.copy(text_.substr(at, 1), at);
      ++at;
      continue;
    }
    const char next = at + 1 < text_.size() ? text_[at + 1] : '\0';
    if (c == '\\') {
      word.quoted = true;
      if (next == '\n') {
        at += 2;
      } else if (next == '\r' && text_.compare(at, 3, "\\\r\n") == 0) {
        at += 3;
      } else if (at + 1 >= text_.size()) {
        out.copy(text_.substr(at, 1), at);
        ++at;
      } else if (dialect_ == Dialect::fish) {
        at += ansi_escape(at, out);
      } else {
        const std::size_t length = code_point_length(text_, at + 1);
        if (next == '$' || next == '`') literal_dollar = true;
        out.decoded(text_.substr(at + 1, length), at, at + 1 + length);
        at += 1 + length;
      }
    } else if (c == '\'' && dialect_ == Dialect::posix) {
      word.quoted = true;
      const std::size_t quote = text_.find('\'', at + 1);
      if (quote == std::string_view::npos) {
        unended(at);
        continue;
      }
      const std::string_view inside = text_.substr(at + 1, quote - at - 1);
      if (inside.find_first_of("$`") != std::string_view::npos) literal_dollar = true;
      if (first_quote_end == std::string_view::npos) first_quote_end = at + 1;
      out.copy(inside, at + 1);
      at = quote + 1;
    } else if (c == '\'') {
      word.quoted = true;
      const std::size_t open = at++;
      if (first_quote_end == std::string_view::npos) first_quote_end = at;
      while (at < text_.size() && text_[at] != '\'') {
        if (text_[at] == '\\' && at + 1 < text_.size() &&
            (text_[at + 1] == '\'' || text_[at + 1] == '\\')) {
          out.decoded(text_.substr(at + 1, 1), at, at + 2);
          at += 2;
          continue;
        }
        if (text_[at] == '$') literal_dollar = true;
        out.copy(text_.substr(at, 1), at);
        ++at;
      }
      if (at >= text_.size())
        builder_.syntax(open, "a quote without end");
      else
        ++at;
    } else if (c == '$' && next == '\'' && dialect_ == Dialect::posix) {
      word.quoted = true;
      const std::size_t open = at;
      at += 2;
      while (at < text_.size() && text_[at] != '\'') {
        if (text_[at] == '\\') {
          at += ansi_escape(at, out);
          continue;
        }
        if (text_[at] == '$') literal_dollar = true;
        out.copy(text_.substr(at, 1), at);
        ++at;
      }
      if (at >= text_.size()) {
        builder_.syntax(open, "a quote without end");
        at = text_.size();
      } else {
        ++at;
      }
    } else if (c == '"' || (c == '$' && next == '"' && dialect_ == Dialect::posix)) {
      word.quoted = true;
      if (c == '$') ++at;
      const std::size_t open = at++;
      if (first_quote_end == std::string_view::npos) first_quote_end = at;
      const std::size_t before = out.text().size();
      bool ended = false;
      while (at < text_.size()) {
        const char d = text_[at];
        if (d == '"') {
          ++at;
          ended = true;
          break;
        }
        const char after = at + 1 < text_.size() ? text_[at + 1] : '\0';
        if (d == '\\' && after == '\n') {
          at += 2;
        } else if (d == '\\' && (after == '$' || after == '"' || after == '\\' ||
                                 (after == '`' && dialect_ == Dialect::posix))) {
          if (after == '$' || after == '`') literal_dollar = true;
          out.decoded(text_.substr(at + 1, 1), at, at + 2);
          at += 2;
        } else if (d == '$' || (d == '`' && dialect_ == Dialect::posix)) {
          expansion();
        } else {
          out.copy(text_.substr(at, 1), at);
          ++at;
        }
      }
      if (!ended) {
        if (++failures_ > 16) {
          builder_.syntax(open, "a quote without end");
          break;
        }
        out.truncate(before);
        unended(open);
      }
    } else if (c == '$' || (c == '`' && dialect_ == Dialect::posix) ||
               (c == '(' && dialect_ == Dialect::fish)) {
      expansion();
    } else {
      out.copy(text_.substr(at, 1), at);
      ++at;
    }
  }
  if (at == begin) ++at;  // never without progress
  word.raw = {begin, at};
  word.text.verbatim = literal_dollar && !expands;
  Span bytes{begin, at};
  if (out.empty() && first_quote_end != std::string_view::npos)
    bytes = {first_quote_end, first_quote_end};
  std::move(out).store(word.text, bytes);
  if (!word.text.pieces.empty()) {
    word.text.bytes = {word.text.pieces.front().begin, word.text.pieces.back().end};
    if (word.text.pieces.size() == 1 && word.text.value.size() == word.text.bytes.size())
      word.text.pieces.clear();
  }
  return word;
}

}  // namespace kimiguard::config
