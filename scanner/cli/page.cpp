#include "scanner/cli/page.h"

#include <algorithm>
namespace kimiguard::cli {
namespace {

constexpr int kProse = 100;  // columns after which prose is hard to read

std::string spaces(int count) { return std::string(static_cast<std::size_t>(std::max(count, 0)), ' '); }

}  // namespace

Page::Page(const Screen& screen, int label)
    : width_(std::clamp(screen.width, 30, 400)), label_(label + 2), paint_(screen.color) {}

void Page::title(std::string_view text, std::string_view remark) {
  const std::string safe = report::printable_line(text);
  const std::string side = report::printable_line(remark);
  const int gap = std::min(width_, kProse) - report::display_width(safe) - report::display_width(side);
  if (gap >= 2 && !side.empty()) {
    lines_.push_back(paint_(Ink::bold, safe) + spaces(gap) + paint_(Ink::dim, side));
    return;
  }
  for (const std::string& line : report::wrapped(safe, std::min(width_, kProse)))
    lines_.push_back(paint_(Ink::bold, line));
  if (!side.empty())
    for (const std::string& line : report::wrapped(side, std::min(width_, kProse)))
      lines_.push_back(paint_(Ink::dim, line));
}

void Page::heading(std::string_view text) {
  lines_.push_back(paint_(Ink::bold, report::printable_line(text)));
}

void Page::paragraph(std::string_view text, int indent, Ink ink) {
  for (const std::string& line :
       report::wrapped(report::printable_line(text), std::min(width_ - indent, kProse)))
    lines_.push_back(spaces(indent) + paint_(ink, line));
}

void Page::field(std::string_view label, std::string_view text, Ink ink) {
  if (text.empty()) return;
  const int indent = 2 + label_;
  bool first = true;
  for (const std::string& line :
       report::wrapped(report::printable_line(text), std::min(width_ - indent, kProse))) {
    lines_.push_back("  " + (first ? paint_(Ink::dim, report::padded(label, label_)) : spaces(label_)) +
                     paint_(ink, line));
    first = false;
  }
}

void Page::steps(const std::vector<std::string>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string number = (i < 9 ? "  " : " ") + std::to_string(i + 1) + ". ";
    bool first = true;
    for (const std::string& line :
         report::wrapped(report::printable_line(steps[i]), std::min(width_ - 5, kProse))) {
      lines_.push_back((first ? number : spaces(5)) + line);
      first = false;
    }
  }
}

void Page::literal(std::string_view text, int indent) {
  lines_.push_back(spaces(indent) + report::printable_line(text));
}

void Page::blank() {
  if (!lines_.empty() && !lines_.back().empty()) lines_.emplace_back();
}

std::string Page::text() const {
  std::string out;
  std::size_t end = lines_.size();
  while (end > 0 && lines_[end - 1].empty()) --end;
  for (std::size_t i = 0; i < end; ++i) out += lines_[i] + "\n";
  return out;
}

}  // namespace kimiguard::cli
