// XML by pugixml, and property lists (Apple's plist(5) in its XML form) on top of it. pugixml tells
// where an element or a text begins, but not where an attribute stands: that is found in the start tag's
// own text. Entities in the library's decoded values are laid beside the source (align()). External
// entities are never read: pugixml has no such thing. After an error the part before it is given.

#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <string>
#include <utility>
#include <vector>

#include "scanner/config/formats.h"

namespace kimiguard::config {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Decodes `source`, which stands at `base`: entities (the five and numbers), "\r\n" to "\n".
ValueText decode(std::string_view source, std::size_t base) {
  static constexpr std::pair<std::string_view, std::string_view> kNamed[] = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}, {"&apos;", "'"}};
  ValueText out;
  for (std::size_t at = 0; at < source.size();) {
    if (source[at] == '\r' && at + 1 < source.size() && source[at + 1] == '\n') {
      out.decoded("\n", base + at, base + at + 2);
      at += 2;
      continue;
    }
    if (source[at] == '&') {
      const std::size_t end = source.substr(0, std::min(source.size(), at + 12)).find(';', at);
      if (end != std::string_view::npos) {
        const std::string_view entity = source.substr(at, end + 1 - at);
        std::string decoded;
        for (const auto& [name, text] : kNamed)
          if (entity == name) decoded = text;
        if (entity.size() > 3 && entity[1] == '#') {
          const bool hex = entity[2] == 'x' || entity[2] == 'X';
          std::uint32_t code = 0;
          bool valid = entity.size() > (hex ? 4u : 3u);
          for (std::size_t i = hex ? 3 : 2; i + 1 < entity.size(); ++i) {
            const char c = entity[i];
            const int digit = c >= '0' && c <= '9'          ? c - '0'
                              : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
                              : hex && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                            : -1;
            if (digit < 0) valid = false;
            code = std::min<std::uint32_t>(
                code * (hex ? 16u : 10u) + static_cast<std::uint32_t>(std::max(digit, 0)), 0x110000);
          }
          if (valid) append_utf8(decoded, code);
        }
        if (!decoded.empty()) {
          out.decoded(decoded, base + at, base + end + 1);
          at = end + 1;
          continue;
        }
      }
    }
    std::size_t run = at + 1;
    while (run < source.size() && source[run] != '&' && source[run] != '\r') ++run;
    out.copy(source.substr(at, run - at), base + at);
    at = run;
  }
  return out;
}

// The text at `begin` up to the next "<", or a CDATA section's inside; blanks at both ends left out.
Setting text_setting(Builder& builder, const pugi::xml_node& node, std::size_t begin) {
  const std::string_view text = builder.text();
  const bool cdata = node.type() == pugi::node_cdata;
  std::size_t end = cdata ? text.find("]]>", begin) : text.find('<', begin);
  end = std::min(end, text.size());
  while (begin < end && blank(text[begin])) ++begin;
  while (end > begin && blank(text[end - 1])) --end;
  Setting setting;
  ValueText out;
  if (cdata)
    out.copy(text.substr(begin, end - begin), begin);
  else
    out = decode(text.substr(begin, end - begin), begin);
  std::move(out).store(setting, {begin, end});
  return setting;
}

struct Attribute {
  Span name;
  Span value;
};

// Attributes of the start tag whose name begins at `at`.
std::vector<Attribute> attributes_at(std::string_view text, std::size_t at) {
  std::vector<Attribute> found;
  while (at < text.size() && !blank(text[at]) && text[at] != '>' && text[at] != '/') ++at;
  while (at < text.size()) {
    while (at < text.size() && blank(text[at])) ++at;
    if (at >= text.size() || text[at] == '>' || text[at] == '/' || text[at] == '<') break;
    Attribute attribute;
    attribute.name.begin = at;
    while (at < text.size() && !blank(text[at]) && text[at] != '=' && text[at] != '>') ++at;
    attribute.name.end = at;
    while (at < text.size() && blank(text[at])) ++at;
    if (at >= text.size() || text[at] != '=') break;
    ++at;
    while (at < text.size() && blank(text[at])) ++at;
    if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) break;
    const std::size_t end = text.find(text[at], at + 1);
    if (end == std::string_view::npos) break;
    attribute.value = {at + 1, end};
    found.push_back(attribute);
    at = end + 1;
  }
  return found;
}

std::string local(const char* name) { return name; }

// Parses builder's text; false and a gap if it is not well-formed (what was read stays in `document`).
void load(Builder& builder, pugi::xml_document& document) {
  const std::string_view text = builder.text();
  const pugi::xml_parse_result result = document.load_buffer(
      text.data(), text.size(), pugi::parse_default | pugi::parse_fragment, pugi::encoding_utf8);
  if (!result)
    builder.syntax(
        std::min<std::size_t>(static_cast<std::size_t>(std::max<std::ptrdiff_t>(result.offset, 0)),
                              text.size()),
        "no well-formed XML");
}

}  // namespace

void read_xml(Builder& builder) {
  pugi::xml_document document;
  load(builder, document);
  const std::string_view text = builder.text();

  // A walk with a stack of its own: a file may nest a million elements.
  struct Step {
    pugi::xml_node node;  // the next child to visit
    std::size_t path_size;
    std::map<std::string, std::size_t> totals;  // children by name, where there are several
    std::map<std::string, std::size_t> seen;
  };
  std::vector<std::string> path;
  std::vector<Step> steps;
  const auto enter = [&](const pugi::xml_node& parent) {
    Step step{parent.first_child(), path.size(), {}, {}};
    std::map<std::string, std::size_t> totals;
    for (const pugi::xml_node& child : parent.children())
      if (child.type() == pugi::node_element) ++totals[local(child.name())];
    for (auto& [name, count] : totals)
      if (count > 1) step.totals.emplace(name, count);
    steps.push_back(std::move(step));
  };
  enter(document);
  while (!steps.empty() && builder.room()) {
    path.resize(steps.back().path_size);
    const pugi::xml_node node = steps.back().node;
    if (!node) {
      steps.pop_back();
      continue;
    }
    steps.back().node = node.next_sibling();
    const std::ptrdiff_t offset = node.offset_debug();
    if (offset < 0 || static_cast<std::size_t>(offset) >= text.size()) continue;
    const auto begin = static_cast<std::size_t>(offset);
    if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata) {
      if (path.empty()) continue;
      Setting setting = text_setting(builder, node, begin);
      if (setting.value.empty()) continue;
      setting.path = path;
      const pugi::xml_node parent = node.parent();
      const bool alone = !parent.first_attribute() && parent.first_child() == parent.last_child();
      if (!alone) setting.path.push_back("#text");
      builder.add(std::move(setting));
      continue;
    }
    if (node.type() != pugi::node_element) continue;
    const std::string name = local(node.name());
    path.push_back(name);
    Step& parent = steps.back();
    if (parent.totals.count(name) != 0) path.push_back(std::to_string(parent.seen[name]++));
    for (const Attribute& attribute : attributes_at(text, begin)) {
      Setting setting;
      ValueText out =
          decode(text.substr(attribute.value.begin, attribute.value.size()), attribute.value.begin);
      std::move(out).store(setting, attribute.value);
      setting.path = path;
      setting.path.push_back("@" +
                             std::string(text.substr(attribute.name.begin, attribute.name.size())));
      setting.key_bytes = attribute.name;
      if (!builder.add(std::move(setting))) break;
    }
    if (node.first_child()) {
      if (steps.size() >= builder.limits().depth) {
        builder.limit("XML is nested too deep");
        continue;
      }
      enter(node);
    }
  }
}

void read_plist(Builder& builder) {
  if (builder.text().substr(0, 6) == "bplist") {
    builder.syntax(0, "a binary property list");
    return;
  }
  pugi::xml_document document;
  load(builder, document);
  const std::string_view text = builder.text();
  const pugi::xml_node plist = document.child("plist");
  if (!plist) {
    builder.syntax(0, "no <plist> element");
    return;
  }
  struct Step {
    pugi::xml_node node;
    std::size_t path_size;
    bool dictionary;
    std::size_t index;
    std::string key;
    Span key_span;
  };
  std::vector<std::string> path;
  std::vector<Step> steps{{plist.first_child(), 0, true, 0, "", {}}};
  while (!steps.empty() && builder.room()) {
    Step& step = steps.back();
    path.resize(step.path_size);
    const pugi::xml_node node = step.node;
    if (!node) {
      steps.pop_back();
      continue;
    }
    step.node = node.next_sibling();
    if (node.type() != pugi::node_element) continue;
    const std::string name = local(node.name());
    const pugi::xml_node content = node.first_child();
    const std::ptrdiff_t offset =
        content && content.type() != pugi::node_element ? content.offset_debug() : -1;
    const bool has_text = offset >= 0 && static_cast<std::size_t>(offset) <= text.size();
    if (name == "key") {
      Setting key;
      if (has_text) key = text_setting(builder, content, static_cast<std::size_t>(offset));
      step.key = key.value;
      step.key_span = key.bytes;
      continue;
    }
    if (steps.size() > 1) path.push_back(step.dictionary ? step.key : std::to_string(step.index++));
    if (name == "dict" || name == "array") {
      if (steps.size() >= builder.limits().depth) {
        builder.limit("the property list is nested too deep");
        continue;
      }
      steps.push_back({content, path.size(), name == "dict", 0, "", {}});
      continue;
    }
    Setting setting;
    if (has_text) {
      setting = text_setting(builder, content, static_cast<std::size_t>(offset));
    } else {
      const auto at = static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0));
      setting.bytes = {std::min(at, text.size()), std::min(at + name.size(), text.size())};
      if (name == "true" || name == "false")
        setting.value = name;
      else
        setting.bytes.end = setting.bytes.begin;
    }
    if (name == "true" || name == "false") setting.type = Setting::Type::boolean;
    if (name == "integer" || name == "real") setting.type = Setting::Type::number;
    setting.path = path;
    setting.key_bytes = step.dictionary ? step.key_span : Span{};
    builder.add(std::move(setting));
  }
}

}  // namespace kimiguard::config
