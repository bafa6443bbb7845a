// Matching walks a path once and keeps the set of steps that may come next, as a regular expression's
// automaton does (Thompson's construction), so that several `**` cost no backtracking.

#include "scanner/config/selector.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace kimiguard::config {
namespace {

constexpr std::size_t kMaxSteps = 64;
constexpr std::size_t kMaxAlternatives = 64;

Error wrong(std::string_view selector, std::string_view why) {
  return {"selector", "the selector `" + std::string(selector) + "` is not valid: " + std::string(why)};
}

// Whether `text` matches `pattern`, in which * is any run. Greedy with one point to come back to.
bool glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool is_index(std::string_view part) {
  return !part.empty() &&
         std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// a{b,c}d to abd, acd. Nothing if braces do not fit or there are too many.
std::vector<std::string> alternatives(std::string_view text) {
  std::vector<std::string> done{""};
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '}') return {};
    if (text[at] != '{') {
      for (std::string& one : done) one += text[at];
      ++at;
      continue;
    }
    const std::size_t close = text.find('}', at);
    if (close == std::string_view::npos) return {};
    const std::string_view inside = text.substr(at + 1, close - at - 1);
    if (inside.find('{') != std::string_view::npos) return {};
    std::vector<std::string> next;
    for (std::size_t begin = 0; begin <= inside.size();) {
      const std::size_t comma = std::min(inside.find(',', begin), inside.size());
      for (const std::string& one : done) {
        next.push_back(one + std::string(inside.substr(begin, comma - begin)));
        if (next.size() > kMaxAlternatives) return {};
      }
      begin = comma + 1;
    }
    done = std::move(next);
    at = close + 1;
  }
  return done;
}

}  // namespace

bool Selector::Step::accepts(const std::string& part) const {
  switch (kind) {
    case Kind::any:
    case Kind::deep:
      return true;
    case Kind::index:
      return is_index(part);
    case Kind::literal:
      return std::find(texts.begin(), texts.end(), part) != texts.end();
    case Kind::glob:
      return std::any_of(texts.begin(), texts.end(),
                         [&part](const std::string& pattern) { return glob(pattern, part); });
  }
  return false;
}

Result<Selector> Selector::compile(std::string_view text) {
  Selector selector;
  selector.text_ = std::string(text);
  if (text == "@key") {
    selector.is_key_ = true;
    return selector;
  }
  if (text == ".") return selector;
  if (text.empty()) return wrong(text, "it is empty");
  std::size_t at = text[0] == '.' ? 1 : 0;
  bool due = true;  // a part must come
  while (at < text.size()) {
    if (selector.steps_.size() >= kMaxSteps) return wrong(text, "it has too many parts");
    Step step;
    const char c = text[at];
    if (c == '[') {
      const std::size_t close = text.find(']', at);
      if (close == std::string_view::npos) return wrong(text, "`[` is not closed");
      const std::string_view inside = text.substr(at + 1, close - at - 1);
      if (inside.empty() || inside == "*") {
        step.kind = Step::Kind::index;
      } else if (is_index(inside)) {
        step.texts.emplace_back(inside);
      } else {
        return wrong(text, "between `[` and `]` stands an index, `*` or nothing");
      }
      at = close + 1;
    } else {
      if (!due) return wrong(text, "a `.` is missing between two parts");
      if (c == '"') {
        std::string name;
        for (++at; at < text.size() && text[at] != '"'; ++at) {
          if (text[at] == '\\' && at + 1 < text.size()) ++at;
          name += text[at];
        }
        if (at >= text.size()) return wrong(text, "a quote is not closed");
        ++at;
        step.texts.push_back(std::move(name));
      } else {
        const std::size_t begin = at;
        std::size_t braces = 0;
        while (at < text.size() && (braces > 0 || (text[at] != '.' && text[at] != '['))) {
          if (text[at] == '{') ++braces;
          if (text[at] == '}' && braces > 0) --braces;
          ++at;
        }
        const std::string_view part = text.substr(begin, at - begin);
        if (part.empty()) return wrong(text, "a part between two `.` is empty");
        if (part.find('"') != std::string_view::npos) return wrong(text, "a quote stands inside a part");
        if (part == "*") {
          step.kind = Step::Kind::any;
        } else if (part == "**") {
          step.kind = Step::Kind::deep;
        } else {
          step.texts = alternatives(part);
          if (step.texts.empty()) return wrong(text, "its braces do not fit");
          const bool pattern = part.find('*') != std::string_view::npos;
          step.kind = pattern ? Step::Kind::glob : Step::Kind::literal;
        }
      }
    }
    if (step.kind == Step::Kind::deep)
      selector.deep_ = true;
    else
      ++selector.least_;
    selector.steps_.push_back(std::move(step));
    due = false;
    if (at < text.size() && text[at] == '.') {
      ++at;
      due = true;
    }
  }
  if (due) return wrong(text, "it ends with `.`");
  return selector;
}

// A `**` may match nothing.
void Selector::close(std::vector<char>& states) const {
  for (std::size_t s = 0; s < steps_.size(); ++s)
    if (states[s] != 0 && steps_[s].kind == Step::Kind::deep) states[s + 1] = 1;
}

bool Selector::matches(const std::vector<std::string>& path, std::size_t from) const {
  if (is_key_ || from > path.size()) return false;
  const std::size_t size = path.size() - from;
  if (size < least_ || (!deep_ && size != least_)) return false;
  if (!deep_) {
    // From the end: the last part is the one that tells most.
    for (std::size_t i = size; i > 0; --i)
      if (!steps_[i - 1].accepts(path[from + i - 1])) return false;
    return true;
  }
  if (steps_.back().kind != Step::Kind::deep && !steps_.back().accepts(path.back())) return false;
  std::vector<char> states(steps_.size() + 1, 0);
  std::vector<char> next(states.size(), 0);
  states[0] = 1;
  close(states);
  for (std::size_t i = from; i < path.size(); ++i) {
    std::fill(next.begin(), next.end(), 0);
    bool any = false;
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      if (states[s] == 0 || !steps_[s].accepts(path[i])) continue;
      next[steps_[s].kind == Step::Kind::deep ? s : s + 1] = 1;
      any = true;
    }
    if (!any) return false;
    close(next);
    states.swap(next);
  }
  return states.back() != 0;
}

std::vector<std::size_t> Selector::prefixes(const std::vector<std::string>& path) const {
  std::vector<std::size_t> found;
  if (is_key_ || path.size() < least_) return found;
  if (!deep_) {
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (!steps_[i].accepts(path[i])) return found;
    found.push_back(steps_.size());
    return found;
  }
  std::vector<char> states(steps_.size() + 1, 0);
  std::vector<char> next(states.size(), 0);
  states[0] = 1;
  close(states);
  if (states.back() != 0) found.push_back(0);
  for (std::size_t i = 0; i < path.size(); ++i) {
    std::fill(next.begin(), next.end(), 0);
    bool any = false;
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      if (states[s] == 0 || !steps_[s].accepts(path[i])) continue;
      next[steps_[s].kind == Step::Kind::deep ? s : s + 1] = 1;
      any = true;
    }
    if (!any) return found;
    close(next);
    states.swap(next);
    if (states.back() != 0) found.push_back(i + 1);
  }
  return found;
}

std::vector<std::string> Selector::captures(const std::vector<std::string>& path,
                                            std::size_t size) const {
  // tail[s][i]: steps from s on match the parts from i on. Then one walk forward, `**` as short as can
  // be.
  const std::size_t width = size + 1;
  std::vector<char> tail((steps_.size() + 1) * width, 0);
  tail[steps_.size() * width + size] = 1;
  for (std::size_t s = steps_.size(); s-- > 0;) {
    for (std::size_t i = size + 1; i-- > 0;) {
      const Step& step = steps_[s];
      bool fits = false;
      if (step.kind == Step::Kind::deep)
        fits = tail[(s + 1) * width + i] != 0 || (i < size && tail[s * width + i + 1] != 0);
      else
        fits = i < size && tail[(s + 1) * width + i + 1] != 0 && step.accepts(path[i]);
      tail[s * width + i] = fits ? 1 : 0;
    }
  }
  std::vector<std::string> names;
  std::size_t i = 0;
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const Step& step = steps_[s];
    if (step.kind == Step::Kind::deep) {
      while (i < size && tail[(s + 1) * width + i] == 0) names.push_back(path[i++]);
      continue;
    }
    if (i >= size) break;
    if (step.kind != Step::Kind::literal || step.texts.size() > 1) names.push_back(path[i]);
    ++i;
  }
  return names;
}

std::vector<Slot> slots(const std::vector<Setting>& settings, const Selector& each) {
  std::vector<Slot> found;
  std::unordered_map<std::string, std::size_t> index;
  std::string name;
  for (const Setting& setting : settings) {
    for (const std::size_t size : each.prefixes(setting.path)) {
      name = std::to_string(setting.document);
      for (std::size_t i = 0; i < size; ++i) {
        // Lengths keep {"a", "b"} and {"a\0b"} apart.
        name += '\0';
        name += std::to_string(setting.path[i].size());
        name += ':';
        name += setting.path[i];
      }
      const auto [entry, fresh] = index.try_emplace(name, found.size());
      if (fresh) {
        Slot slot;
        slot.path.assign(setting.path.begin(), setting.path.begin() + static_cast<std::ptrdiff_t>(size));
        slot.names = each.captures(setting.path, size);
        slot.key = !slot.names.empty() ? slot.names.back()
                   : slot.path.empty() ? std::string()
                                       : slot.path.back();
        slot.document = setting.document;
        found.push_back(std::move(slot));
      }
      found[entry->second].settings.push_back(&setting);
    }
  }
  return found;
}

std::vector<const Setting*> select(const std::vector<Setting>& settings, const Selector& selector) {
  std::vector<const Setting*> found;
  for (const Setting& setting : settings)
    if (selector.matches(setting.path)) found.push_back(&setting);
  return found;
}

std::vector<const Setting*> select(const Slot& slot, const Selector& selector) {
  std::vector<const Setting*> found;
  for (const Setting* setting : slot.settings)
    if (selector.matches(setting->path, slot.path.size())) found.push_back(setting);
  return found;
}

}  // namespace kimiguard::config
