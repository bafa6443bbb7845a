// One line of a .gitignore, compiled.
//
// Syntax: gitignore(5). Where that page is silent (what a class, an escape or `**` inside a name means),
// git's behaviour is the measure, and tests compare with `git check-ignore`. A pattern is turned into a
// short list of steps, and a name is matched by keeping the set of steps it can be at: linear in name
// times pattern, whatever the pattern, where backtracking takes exponential time on `*a*a*a*…`.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kimiguard::git {

class IgnorePattern {
 public:
  // `line` without its end of line. Nothing for blank lines and comments.
  static std::optional<IgnorePattern> parse(std::string_view line);

  // `path` is relative to the folder the pattern's file stands in, parts joined by "/", no leading or
  // trailing one; `folder` whether it is a folder.
  bool matches(std::string_view path, bool folder) const;

  bool negated() const { return negated_; }
  const std::string& text() const { return text_; }  // as written, trailing blanks gone

 private:
  enum class Kind : std::uint8_t { literal, any, set, star, deep_star, skip_folders };
  struct Step {
    Kind kind;
    char literal;
    std::uint16_t set;  // index in sets_
  };

  bool compile(std::string_view body, std::size_t literal_prefix);
  bool run(std::string_view name) const;

  std::string text_;
  std::string literal_;      // leading part without wildcards, or all of it
  std::vector<Step> steps_;  // what follows it
  std::vector<std::bitset<256>> sets_;
  bool negated_ = false;
  bool folder_only_ = false;
  bool name_only_ = false;  // no "/" in it: matches the last part at any depth
  bool suffix_ = false;     // "*" and then literal_
  bool never_ = false;      // malformed: git matches nothing with it
};

}  // namespace kimiguard::git
