// Lays out a page for people: headings, labelled fields, numbered steps, wrapped to the terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/cli/screen.h"
#include "scanner/report/terminal.h"

namespace kimiguard::cli {

class Page {
 public:
  using Ink = report::Paint::Ink;
  // `label` is the width of the widest label, in columns.
  Page(const Screen& screen, int label);

  // A title in bold, with a dim remark at the right where there is room for it.
  void title(std::string_view text, std::string_view remark = {});
  void heading(std::string_view text);
  void paragraph(std::string_view text, int indent = 0, Ink ink = Ink::plain);
  // "  Label     text", wrapped under itself. Nothing for an empty text.
  void field(std::string_view label, std::string_view text, Ink ink = Ink::plain);
  void steps(const std::vector<std::string>& steps);
  // One line that is not wrapped, to be copied: a command, an address.
  void literal(std::string_view text, int indent = 2);
  void blank();

  // Everything so far, no blank line at the end. Nothing is masked here.
  std::string text() const;

 private:
  int width_;
  int label_;
  report::Paint paint_;
  std::vector<std::string> lines_;
};

}  // namespace kimiguard::cli
