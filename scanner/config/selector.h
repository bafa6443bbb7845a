// The small language in which agent profiles (rules/agents/*.toml) name settings.
//
//   a.b            keys, from the root; a leading "." may stand
//   *              any one key or index
//   **             any number of parts, also none
//   *ApiKey        a pattern within a key; * is any run of characters
//   {large,small}  alternatives, also within a key: {plan,act}ModeApiKey
//   a[*]  a[]      the elements of a list; a[0] one of them
//   "amp.url"      a key with special characters; patterns do not work inside the quotes
//   @name          an XML attribute
//   @key           alone: not a setting, but the last key or index that a slot's selector matched
//   .              alone: the slot itself
//
// Keys are compared exactly, case counts. Compile once; a Selector is immutable and may be shared by
// threads.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "scanner/core/result.h"
#include "scanner/core/setting.h"

namespace kimiguard::config {

class Selector {
 public:
  // Fails with code "selector" and a sentence that says what is wrong with `text`.
  static Result<Selector> compile(std::string_view text);

  // Whether the parts of `path` from `from` on match as a whole.
  bool matches(const std::vector<std::string>& path, std::size_t from = 0) const;

  // Every n for which path[0, n) matches, ascending: where a slot of this selector lies on the way to a
  // setting. Holds the whole path's size too if that matches.
  std::vector<std::size_t> prefixes(const std::vector<std::string>& path) const;

  // Which parts of path[0, size) the wildcards (*, **'s parts, patterns, alternatives, [*]) matched,
  // outermost first; of several ways to match, one with `**` as short as can be.
  // REQUIRES: path[0, size) matches.
  std::vector<std::string> captures(const std::vector<std::string>& path, std::size_t size) const;

  bool is_key() const { return is_key_; }  // "@key"
  bool is_self() const { return steps_.empty() && !is_key_; }
  const std::string& text() const { return text_; }

  // All fields, for snapshots (rulebook/snapshot_io.h).
  template <class Io, class T>
    requires std::is_same_v<std::remove_const_t<T>, Selector>
  friend void fields(Io& io, T& value) {
    auto& [text, steps, is_key, least, deep] = value;
    io(text, steps, is_key, least, deep);
  }

 private:
  struct Step {
    enum class Kind { literal, glob, any, index, deep };
    Kind kind = Kind::literal;
    std::vector<std::string> texts;  // literal and glob: alternatives
    bool accepts(const std::string& part) const;

    template <class Io, class T>
      requires std::is_same_v<std::remove_const_t<T>, Step>
    friend void fields(Io& io, T& value) {
      io(value.kind, value.texts);
    }
  };
  // reachable[s]: the steps before s have matched the parts so far. Moves on by one part.
  void close(std::vector<char>& states) const;

  std::string text_;
  std::vector<Step> steps_;
  bool is_key_ = false;
  std::size_t least_ = 0;  // parts that a match has at least
  bool deep_ = false;
};

// One match of a slot's `each`: a subtree (or a single value) of one document.
struct Slot {
  std::vector<std::string> path;   // of the subtree's root
  std::vector<std::string> names;  // what the wildcards of `each` matched, outermost first
  std::string key;                 // what @key means: the last of names, or the last of path
  int document = 0;
  std::vector<const Setting*> settings;  // in it, in the order of the file
};

// One slot for each match of `each`, in the order in which they first appear. With `.` one slot a
// document that holds everything in it. Where one match lies inside another (with `**`), both are slots.
// The settings must outlive the slots.
std::vector<Slot> slots(const std::vector<Setting>& settings, const Selector& each);

// What `selector` names in a file, or in a slot (from its root). In the order of the file.
std::vector<const Setting*> select(const std::vector<Setting>& settings, const Selector& selector);
std::vector<const Setting*> select(const Slot& slot, const Selector& selector);

}  // namespace kimiguard::config
