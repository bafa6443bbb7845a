// What a line of a terminal shows in the end, where its program went back in it: backspaces over what was mistyped, a cursor
// that moved to the left, the end of a line on the screen ("x \r", which readline writes there).
#include <algorithm>
#include <vector>

#include "scanner/text/char_class.h"
#include "scanner/text/decode.h"

namespace kimiguard::text {
namespace {

struct Cell {
  char shown;
  Span source;
};

class Line {
 public:
  void put(char c, Span source) {
    if (cursor_ < cells.size()) cells[cursor_] = {c, source};
    else cells.push_back({c, source});
    ++cursor_;
  }
  void left(std::size_t n) { cursor_ -= std::min(n, cursor_); }
  void right(std::size_t n) { cursor_ = std::min(cells.size(), cursor_ + n); }
  void home() { cursor_ = 0; }
  void erase_to_end() { cells.resize(cursor_); }
  void erase(std::size_t n) {
    const auto at = cells.begin() + static_cast<std::ptrdiff_t>(cursor_);
    cells.erase(at, at + static_cast<std::ptrdiff_t>(std::min(n, cells.size() - cursor_)));
  }
  // "x \r": the line goes on below.
  bool wraps() const { return cursor_ == cells.size() && cells.size() >= 2 && cells.back().shown == ' ' && is_key_char(cells[cells.size() - 2].shown); }
  void unwrap() {
    cells.pop_back();
    --cursor_;
  }

  std::vector<Cell> cells;

 private:
  std::size_t cursor_ = 0;
};

// ESC [ parameters letter, at the "[".
struct Control {
  char letter = '\0';
  std::size_t count = 1;
  std::uint64_t end = 0;
};
Control control_at(std::string_view bytes, std::uint64_t at) {
  Control control;
  std::uint64_t end = at + 1;
  std::size_t number = 0;
  while (end < bytes.size() && bytes[end] >= 0x20 && bytes[end] <= 0x3F) {
    if (is_digit(bytes[end])) number = std::min<std::size_t>(number * 10 + static_cast<std::size_t>(bytes[end] - '0'), 10'000);
    ++end;
  }
  if (end >= bytes.size() || bytes[end] < 0x40 || bytes[end] > 0x7E) return control;
  control.letter = bytes[end];
  control.count = std::max<std::size_t>(number, 1);
  control.end = end + 1;
  return control;
}

}  // namespace

bool goes_back(std::string_view line) {
  if (line.find('\b') != std::string_view::npos) return true;
  const std::size_t wrap = line.find(" \r");
  return wrap != std::string_view::npos && wrap + 2 < line.size() && line[wrap + 2] != '\n';
}

std::optional<View> decode_terminal(std::string_view bytes, Span window) {
  window.end = std::min<std::uint64_t>(window.end, bytes.size());
  window.begin = std::min(window.begin, window.end);
  const std::string_view seen = bytes.substr(0, window.end);
  ViewBuilder builder(bytes, "terminal", window);
  bool changed = false;
  for (std::uint64_t at = window.begin; at < window.end;) {
    const std::uint64_t end = std::min<std::uint64_t>(seen.find('\n', at), window.end);
    if (!goes_back(seen.substr(at, end - at))) {
      builder.copy(at, std::min(end + 1, window.end));
      at = end + 1;
      continue;
    }
    changed = true;
    Line line;
    while (at < end) {
      const char c = seen[at];
      if (c == '\b') {
        line.left(1);
      } else if (c == '\r') {
        if (line.wraps() && at + 1 < end && is_key_char(seen[at + 1])) line.unwrap();
        else if (at + 1 < end) line.home();
      } else if (c == '\x1B' && at + 1 < end && seen[at + 1] == '[') {
        const Control control = control_at(seen.substr(0, end), at + 1);
        switch (control.letter) {
          case '\0': line.put(c, {at, at + 1}); break;
          case 'C': line.right(control.count); break;
          case 'D': line.left(control.count); break;
          case 'K': line.erase_to_end(); break;
          case 'P': line.erase(control.count); break;
          default: break;
        }
        if (control.letter != '\0') {
          at = control.end;
          continue;
        }
      } else {
        line.put(c, {at, at + 1});
      }
      ++at;
    }
    // Of what was written earlier and stands farther right the place is that of what was written last.
    Span last{window.begin, window.begin};
    for (const Cell& cell : line.cells) {
      const bool forward = cell.source.begin >= last.end;
      if (forward) last = cell.source;
      builder.put({&cell.shown, 1}, last, forward ? 1 : 0, forward ? 1 : 0);
    }
    if (at < window.end) builder.copy(at, at + 1);
    ++at;
  }
  if (!changed) return std::nullopt;
  return builder.take();
}

}  // namespace kimiguard::text
