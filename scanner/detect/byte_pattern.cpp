#include "scanner/detect/byte_pattern.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <vector>

namespace kimiguard::detect {
namespace {

constexpr int kDepth = 64;

struct Element {
  std::string atom;        // without its quantifier
  std::string quantifier;  // in bytes
  std::string bounded;     // atom and quantifier, with a bound
  std::vector<std::string> cuts;  // beginnings of `bounded` that end in a longer stretch
  bool unbounded = false;  // by its quantifier or within
  bool inside_unbounded = false;
  bool token = true;       // what is unbounded in it cannot be white space
  bool simple = true;      // no group
  bool optional = false;   // may be missing
  unsigned literal = 0;    // longest run of literal bytes that it always holds
  bool one = false;        // is one literal byte
  bool flags = false;      // (?i), |: kept whatever is cut
  std::uint32_t least = 1; // how often
};

class Translator {
 public:
  explicit Translator(std::string_view text) : text_(text) {}

  BytePattern translate() {
    std::vector<Element> elements;
    bool alternates = false;
    BytePattern made;
    if (!sequence(elements, alternates, 0) || at_ != text_.size()) {
      made.understood = false;
      return made;
    }
    bool token = true;
    bool unbounded = false;
    for (const Element& one : elements) {
      token = token && (!one.unbounded || one.token);
      unbounded = unbounded || one.unbounded;
    }
    const bool bounds = unbounded && token;
    made.full = bounds ? bounded(elements, 0, elements.size()) : written(elements, 0, elements.size());
    made.whole = made.full;
    if (bounds) made.leads = cuts_of(elements);
    made.literal = literal_of(elements);
    if (alternates) return made;
    // What may be missing at the start says nothing.
    std::size_t first = 0;
    std::string flags;
    while (first < elements.size() && (elements[first].flags || (elements[first].optional && !elements[first].unbounded))) {
      if (elements[first].flags) flags += elements[first].atom;
      ++first;
    }
    if (first < elements.size())
      made.whole = flags + (bounds ? bounded(elements, first, elements.size()) : written(elements, first, elements.size()));
    if (bounds || !unbounded) return made;
    std::size_t open = first;
    while (open < elements.size() && !elements[open].unbounded) ++open;
    std::string lead = written(elements, first, open);
    const Element& element = elements[open];
    // At least so many of it: a{250,} begins with a{250}.
    if (!element.inside_unbounded && element.least > 0) lead += element.atom + "{" + std::to_string(element.least) + "}";
    if (lead.size() >= 3) made.leads.push_back(flags + lead);
    made.lead_literal = literal_of({elements.begin() + static_cast<std::ptrdiff_t>(first), elements.begin() + static_cast<std::ptrdiff_t>(open)});
    return made;
  }

 private:
  static std::string written(const std::vector<Element>& elements, std::size_t from, std::size_t to) {
    std::string out;
    for (std::size_t i = from; i < to; ++i) out += elements[i].atom + elements[i].quantifier;
    return out;
  }

  static std::string bounded(const std::vector<Element>& elements, std::size_t from, std::size_t to) {
    std::string out;
    for (std::size_t i = from; i < to; ++i) out += elements[i].bounded;
    return out;
  }

  static unsigned literal_of(const std::vector<Element>& elements) {
    unsigned least = ~0u;
    unsigned best = 0;
    unsigned run = 0;
    for (const Element& element : elements) {
      if (element.flags && element.atom == "|") {
        least = std::min(least, best);
        best = run = 0;
        continue;
      }
      if (element.flags) continue;
      run = element.one ? run + 1 : 0;
      if (!element.optional) best = std::max({best, run, element.literal});
    }
    return std::min(least, best);
  }

  // Alternatives of a sequence, each cut at its own stretches. Flags set before the cut are kept.
  static std::vector<std::string> cuts_of(const std::vector<Element>& elements) {
    std::vector<std::string> cuts;
    std::string flags;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (elements[i].atom == "|" && elements[i].flags) {
        for (std::size_t n = begin; n < i; ++n)
          if (elements[n].flags) flags += elements[n].atom;
        begin = i + 1;
        continue;
      }
      for (const std::string& cut : elements[i].cuts) cuts.push_back(flags + bounded(elements, begin, i) + cut);
    }
    return cuts;
  }

  bool more() const { return at_ < text_.size(); }
  char now() const { return text_[at_]; }

  // Up to ")" or the end.
  bool sequence(std::vector<Element>& elements, bool& alternates, int depth) {
    if (depth > kDepth) return false;
    while (more() && now() != ')') {
      Element element;
      if (now() == '|') {
        alternates = true;
        ++at_;
        element.atom = element.bounded = "|";
        element.flags = true;
        elements.push_back(std::move(element));
        continue;
      }
      bool wide = false;
      if (!atom(element, wide, depth)) return false;
      if (element.flags) element.bounded = element.atom;
      else if (!quantifier(element, wide)) return false;
      elements.push_back(std::move(element));
    }
    return true;
  }

  bool atom(Element& element, bool& wide, int depth) {
    const char c = now();
    if (c == '(') return group(element, depth);
    if (c == '[') return bracket(element, wide);
    if (c == '.') {
      ++at_;
      element.atom = ".";
      wide = true;
      return true;
    }
    if (c == '\\') return escape(element, wide);
    if (c == '*' || c == '+' || c == '?') return false;
    if (static_cast<unsigned char>(c) >= 0x80) {
      // One code point is one thing, whatever its bytes.
      std::size_t length = 1;
      while (at_ + length < text_.size() && (static_cast<unsigned char>(text_[at_ + length]) & 0xC0) == 0x80) ++length;
      element.atom = "(?:";
      for (std::size_t i = 0; i < length; ++i) element.atom += hex(static_cast<unsigned char>(text_[at_ + i]));
      element.atom += ")";
      at_ += length;
      return true;
    }
    ++at_;
    element.atom = std::string(1, c);
    element.one = c != '^' && c != '$';
    if (c == '{' || c == '}' || c == ']') element.atom = "\\" + element.atom;
    return true;
  }

  static std::string hex(unsigned char byte) {
    static constexpr char kDigits[] = "0123456789abcdef";
    return std::string("\\x") + kDigits[byte >> 4] + kDigits[byte & 15];
  }

  bool group(Element& element, int depth) {
    ++at_;
    std::string open = "(?:";
    if (more() && now() == '?') {
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("?P<") || (rest.starts_with("?<") && rest.size() > 2 && std::isalpha(static_cast<unsigned char>(rest[2])))) {
        const std::size_t end = text_.find('>', at_);
        if (end == std::string_view::npos) return false;
        at_ = end + 1;
      } else {
        std::size_t end = at_ + 1;
        std::string flags;
        bool off = false;
        bool any_off = false;
        std::string kept_off;
        while (end < text_.size() && (std::isalpha(static_cast<unsigned char>(text_[end])) || text_[end] == '-')) {
          const char f = text_[end++];
          if (f == '-') off = true;
          else if (f == 'U') continue;  // which match is preferred: no matter here
          else if (off) kept_off += f, any_off = true;
          else flags += f;
        }
        if (end >= text_.size()) return false;
        open = "(?" + flags + (any_off ? "-" + kept_off : "");
        if (text_[end] == ')') {
          at_ = end + 1;
          element.flags = true;
          element.atom = flags.empty() && !any_off ? "" : open + ")";
          return true;
        }
        if (text_[end] != ':') return false;
        open += ":";
        at_ = end + 1;
      }
    }
    std::vector<Element> inner;
    bool alternates = false;
    if (!sequence(inner, alternates, depth + 1) || !more()) return false;
    ++at_;  // ')'
    element.atom = open + written(inner, 0, inner.size()) + ")";
    element.bounded = open + bounded(inner, 0, inner.size()) + ")";
    element.simple = false;
    element.literal = literal_of(inner);
    for (const Element& one : inner) {
      element.inside_unbounded = element.inside_unbounded || one.unbounded;
      element.token = element.token && (!one.unbounded || one.token);
    }
    for (const std::string& cut : cuts_of(inner)) element.cuts.push_back(open + cut + ")");
    element.unbounded = element.inside_unbounded;
    return true;
  }

  bool bracket(Element& element, bool& wide) {
    const std::size_t begin = at_++;
    if (more() && now() == '^') {
      wide = true;
      ++at_;
    }
    if (more() && now() == ']') ++at_;
    while (more() && now() != ']') {
      if (now() == '\\' && at_ + 1 < text_.size()) {
        const char c = text_[at_ + 1];
        if (c == 'D' || c == 'W' || c == 'S' || c == 'p' || c == 'P') wide = true;
        if (c == 'x' && text_.substr(at_).starts_with("\\x{")) wide = true;
        at_ += 2;
        continue;
      }
      if (text_.substr(at_).starts_with("[:")) {
        const std::size_t end = text_.find(":]", at_);
        if (end != std::string_view::npos) {
          if (text_[at_ + 2] == '^') wide = true;
          at_ = end + 2;
          continue;
        }
      }
      if (static_cast<unsigned char>(now()) >= 0x80) wide = non_ascii_ = true;
      ++at_;
    }
    if (!more()) return false;
    ++at_;
    element.atom = std::string(text_.substr(begin, at_ - begin));
    if (non_ascii_ || element.atom.find("\\p") != std::string::npos || element.atom.find("\\P") != std::string::npos ||
        element.atom.find("\\x{") != std::string::npos) {
      // Classes of code points: any byte may be part of one.
      element.atom = "(?s:.)";
      non_ascii_ = false;
    } else {
      // A bare "[" within is one to Go and may begin something to others.
      std::string inner;
      for (std::size_t i = 0; i < element.atom.size(); ++i) {
        const char c = element.atom[i];
        if (c == '\\' && i + 1 < element.atom.size()) {
          inner += c;
          inner += element.atom[++i];
        } else if (c == '[' && i > 0 && !std::string_view(element.atom).substr(i).starts_with("[:")) {
          inner += "\\[";
        } else {
          inner += c;
        }
      }
      element.atom = inner;
    }
    return true;
  }

  bool escape(Element& element, bool& wide) {
    if (at_ + 1 >= text_.size()) return false;
    const char c = text_[at_ + 1];
    if (c == 'Q') {
      std::size_t end = text_.find("\\E", at_ + 2);
      const std::size_t stop = end == std::string_view::npos ? text_.size() : end;
      element.atom = "(?:";
      for (std::size_t i = at_ + 2; i < stop; ++i) element.atom += hex(static_cast<unsigned char>(text_[i]));
      element.atom += ")";
      at_ = end == std::string_view::npos ? text_.size() : end + 2;
      return true;
    }
    if (c == 'p' || c == 'P' || c == 'C' || c == 'X') {
      at_ += 2;
      if (c != 'C' && more()) {
        if (now() == '{') {
          const std::size_t end = text_.find('}', at_);
          if (end == std::string_view::npos) return false;
          at_ = end + 1;
        } else {
          ++at_;
        }
      }
      element.atom = "(?s:.)";
      wide = true;
      return true;
    }
    if (c == 'x' && text_.substr(at_).starts_with("\\x{")) {
      const std::size_t end = text_.find('}', at_);
      if (end == std::string_view::npos) return false;
      element.atom = "(?s:.)";
      wide = true;
      at_ = end + 1;
      return true;
    }
    std::size_t length = 2;
    if (c == 'x') length = 4;
    if (c >= '0' && c <= '7') {
      while (length < 4 && at_ + length < text_.size() && text_[at_ + length] >= '0' && text_[at_ + length] <= '7') ++length;
      // A back reference to others; Go has none.
      unsigned value = 0;
      for (std::size_t i = 1; i < length; ++i) value = value * 8 + static_cast<unsigned>(text_[at_ + i] - '0');
      element.atom = hex(static_cast<unsigned char>(value));
      at_ += length;
      return true;
    }
    if (at_ + length > text_.size()) return false;
    wide = c == 'D' || c == 'W' || c == 'S';
    element.one = c == 'x' || (std::ispunct(static_cast<unsigned char>(c)) != 0);
    element.atom = std::string(text_.substr(at_, length));
    at_ += length;
    return true;
  }

  bool quantifier(Element& element, bool wide) {
    std::uint32_t least = 1;
    std::optional<std::uint32_t> most = 1;
    bool any = false;
    if (more() && (now() == '*' || now() == '+' || now() == '?')) {
      any = true;
      least = now() == '+' ? 1 : 0;
      if (now() != '?') most.reset();
      ++at_;
    } else if (more() && now() == '{') {
      std::size_t end = at_ + 1;
      std::string first, second;
      bool comma = false;
      while (end < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[end])) || text_[end] == ',')) {
        if (text_[end] == ',') comma = true;
        else (comma ? second : first) += text_[end];
        ++end;
      }
      if (end < text_.size() && text_[end] == '}' && !first.empty() && first.size() < 6 && second.size() < 6) {
        any = true;
        least = static_cast<std::uint32_t>(std::stoul(first));
        if (!comma) most = least;
        else if (second.empty()) most.reset();
        else most = static_cast<std::uint32_t>(std::stoul(second));
        at_ = end + 1;
      }
    }
    if (any && more() && now() == '?') ++at_;  // lazy: no matter here
    element.least = least;
    element.optional = least == 0;
    if (element.bounded.empty()) element.bounded = element.atom;
    const std::string once = element.bounded;
    if (!most) {
      element.unbounded = true;
      element.token = element.simple && !wide && no_space(element.atom);
      element.cuts = {once + "{" + std::to_string(least + kMoreOfToken) + "}"};
      element.bounded = once + "{" + std::to_string(least) + "," + std::to_string(least + kMoreOfToken) + "}";
    } else if (element.inside_unbounded && *most != 1) {
      // More than one of what is unbounded itself: not followed further.
      element.token = false;
    }
    if (wide && most) *most *= 4;
    if (least == 1 && most && *most == 1) return true;
    element.one = false;
    if (least == 0 && most && *most == 1) element.quantifier = "?";
    else if (least == 0 && !most) element.quantifier = "*";
    else if (least == 1 && !most) element.quantifier = "+";
    else element.quantifier = "{" + std::to_string(least) + (most && *most == least ? "" : "," + (most ? std::to_string(*most) : "")) + "}";
    if (most) element.bounded += element.quantifier;
    return true;
  }

  // A class or a character that holds no white space.
  static bool no_space(const std::string& atom) {
    return atom.find("\\s") == std::string::npos && atom.find("\\n") == std::string::npos && atom.find("\\t") == std::string::npos &&
           atom.find("\\r") == std::string::npos && atom.find_first_of(" \n\t\r") == std::string::npos && atom.find("[:") == std::string::npos &&
           atom.find("\\x") == std::string::npos && atom != "." && !atom.starts_with("(");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool non_ascii_ = false;
};

}  // namespace

BytePattern byte_pattern(std::string_view expression) { return Translator(expression).translate(); }

}  // namespace kimiguard::detect
