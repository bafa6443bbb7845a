#include "scanner/report/markup.h"

#include <algorithm>
#include <ctime>

#include "scanner/text/mask.h"
#include "scanner/text/utf8.h"

namespace kimiguard::report {

std::string xml_text(std::string_view text) {
  std::string out;
  // XML 1.0 has no control characters but white space, and not the last two of each plane.
  for (const char c : text::printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  for (const std::string_view forbidden : {"\uFFFE", "\uFFFF"})
    for (std::size_t at = out.find(forbidden); at != std::string::npos; at = out.find(forbidden, at)) out.replace(at, forbidden.size(), "\uFFFD");
  return out;
}

std::string markdown_text(std::string_view text) {
  std::string out;
  for (const char c : text::printable(text)) {
    if (c == '\n' || c == '\t') {
      out += ' ';
      continue;
    }
    if (std::string_view("\\`*_{}[]<>()#+!|~@$^=").find(c) != std::string_view::npos) {
      if (c == '<')
        out += "&lt;";
      else if (c == '>')
        out += "&gt;";
      else if (c == '@')
        out += "&#64;";
      else
        (out += '\\') += c;
      continue;
    }
    if (c == '&') {
      out += "&amp;";
      continue;
    }
    out += c;
  }
  return out;
}

std::string markdown_code(std::string_view text) {
  std::string safe;
  for (const char c : text::printable(text)) {
    if (c == '\n' || c == '\t')
      safe += ' ';
    else if (c == '|')
      safe += "\\|";  // in a table a bar ends the cell even in code
    else
      safe += c;
  }
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : safe) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  const std::string_view space = longest > 0 ? " " : "";
  return fence + std::string(space) + safe + std::string(space) + fence;
}

std::string iso_time(std::int64_t seconds) {
  const std::time_t time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (gmtime_r(&time, &parts) == nullptr) return "1970-01-01T00:00:00";
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return size == 19 ? std::string(text, size) : "1970-01-01T00:00:00";
}

}  // namespace kimiguard::report
