// YAML 1.1 and 1.2 by libfyaml's event parser. Its document layer is not used: it resolves aliases
// itself, and nine lines of them cost it 34 s and 6 GB. The events become a flat list of nodes; a walk
// over it yields the settings, follows aliases and merge keys (yaml.org/type/merge.html) within a
// budget, and never goes into an anchor that it is already in. A setting reached by an alias stands
// where its text stands: at the anchor.
//
// libfyaml gives where a scalar begins and ends, quotes excluded, and its decoded value; how one became
// the other is found by laying both side by side (align()).

#include <libfyaml.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "scanner/config/formats.h"

namespace kimiguard::config {
namespace {

struct ParserDeleter {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};
struct DiagDeleter {
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};

constexpr std::uint32_t kNone = 0xFFFFFFFF;

// A node in document order. A collection's children follow it; `next` is the node after its subtree.
struct Node {
  enum class Kind : std::uint8_t { scalar, mapping, sequence, alias, document };
  Kind kind = Kind::scalar;
  std::int8_t style = 0;
  std::uint32_t next = kNone;
  std::uint32_t target = kNone;  // alias: the node it names
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t value = 0;  // scalar: range in values
  std::uint32_t value_size = 0;
  std::uint32_t tag = kNone;  // index in tags
};

// Lays the decoded value beside the bytes it came from. Gives false where they do not fit; then the
// whole is one piece.
bool align(std::string_view source, std::size_t base, std::string_view value, int style,
           ValueText& out) {
  std::size_t s = 0;
  std::size_t v = 0;
  const auto decoded = [&](std::string_view text, std::size_t from, std::size_t to) {
    out.decoded(text, base + from, base + to);
  };
  const auto copy_run = [&](std::size_t length) {
    out.copy(source.substr(s, length), base + s);
    s += length;
    v += length;
  };
  if (style == FYSS_LITERAL || style == FYSS_FOLDED) {
    // Line by line: the value's line stands at the end of the source's line, after the indentation.
    while (s < source.size() && v < value.size()) {
      std::size_t line_end = source.find('\n', s);
      if (line_end == std::string_view::npos) line_end = source.size();
      std::size_t content_end = line_end;
      if (content_end > s && source[content_end - 1] == '\r') --content_end;
      std::size_t content = s;
      while (content < content_end && source[content] == ' ') ++content;
      if (content == content_end) {
        // An empty line: its line end may be in the value.
        if (value[v] == '\n') {
          decoded("\n", s, std::min(line_end + 1, source.size()));
          ++v;
        }
        s = line_end + 1;
        continue;
      }
      // Blanks that belong to the value stand between the indentation and the content.
      const std::string_view visible = source.substr(content, content_end - content);
      std::size_t blanks = 0;
      while (v + blanks < value.size() && value[v + blanks] == ' ' && value[v + blanks] != visible[0])
        ++blanks;
      if (blanks > content - s) return false;
      std::size_t length = blanks + visible.size();
      if (value.compare(v + blanks, visible.size(), visible) != 0) return false;
      s = content - blanks;
      copy_run(length);
      if (v < value.size()) {
        // The line end, as a line end or as the blank of a fold. More follow for empty lines.
        if (value[v] != '\n' && value[v] != ' ') return false;
        // A fold over empty lines has no blank of its own: they give the line ends.
        const bool next_is_empty = line_end + 1 < source.size() &&
                                   (source[line_end + 1] == '\n' || source[line_end + 1] == '\r');
        if (style == FYSS_LITERAL || value[v] == ' ' || !next_is_empty) {
          decoded(value.substr(v, 1), content_end, std::min(line_end + 1, source.size()));
          ++v;
        } else {
          std::size_t value_ends = 0;
          while (v + value_ends < value.size() && value[v + value_ends] == '\n') ++value_ends;
          std::size_t empty_lines = 0;
          for (std::size_t at = line_end + 1; at < source.size(); ++at) {
            if (source[at] == '\n')
              ++empty_lines;
            else if (source[at] != ' ' && source[at] != '\r')
              break;
          }
          if (value_ends > empty_lines) {  // beside a more indented line the line end is kept
            decoded("\n", content_end, line_end + 1);
            ++v;
          }
        }
      }
      s = line_end + 1;
    }
    return v == value.size();
  }

  while (s < source.size()) {
    // A fold: blanks, a line end, perhaps empty lines, blanks.
    std::size_t blank = s;
    while (blank < source.size() &&
           (source[blank] == ' ' || source[blank] == '\t' || source[blank] == '\r'))
      ++blank;
    if (blank < source.size() && source[blank] == '\n') {
      std::size_t ends = 0;
      std::size_t after = blank;
      while (after < source.size() && (source[after] == '\n' || source[after] == ' ' ||
                                       source[after] == '\t' || source[after] == '\r'))
        ends += source[after++] == '\n' ? 1 : 0;
      const std::size_t length = ends == 1 ? 1 : ends - 1;
      const char wanted = ends == 1 ? ' ' : '\n';
      for (std::size_t i = 0; i < length; ++i)
        if (v + i >= value.size() || value[v + i] != wanted) return false;
      decoded(value.substr(v, length), s, after);
      v += length;
      s = after;
      continue;
    }
    if (style == FYSS_SINGLE_QUOTED && source[s] == '\'') {
      if (v >= value.size() || value[v] != '\'') return false;
      decoded("'", s, s + 2);
      s += 2;
      ++v;
      continue;
    }
    if (style == FYSS_DOUBLE_QUOTED && source[s] == '\\') {
      if (s + 1 >= source.size()) return false;
      const char c = source[s + 1];
      if (c == '\n' || c == '\r') {  // the line goes on
        s += 2;
        if (c == '\r' && s < source.size() && source[s] == '\n') ++s;
        while (s < source.size() && (source[s] == ' ' || source[s] == '\t')) ++s;
        continue;
      }
      const std::size_t length = c == 'x' ? 4 : c == 'u' ? 6 : c == 'U' ? 10 : 2;
      if (v >= value.size() || s + length > source.size()) return false;
      const std::size_t width = code_point_length(value, v);
      decoded(value.substr(v, width), s, s + length);
      v += width;
      s += length;
      continue;
    }
    std::size_t run = 0;
    while (s + run < source.size() && v + run < value.size() && source[s + run] == value[v + run]) {
      const char c = source[s + run];
      if (c == '\n' || (run > 0 && (c == '\\' || c == '\'' || c == ' ' || c == '\t' || c == '\r')))
        break;
      ++run;
    }
    if (run == 0) return false;
    copy_run(run);
  }
  return v == value.size();
}

class YamlReader {
 public:
  explicit YamlReader(Builder& builder) : builder_(builder), text_(builder.text()) {}

  void read();

 private:
  bool collect();
  void add_node(fy_token* token, Node node);
  void walk(std::uint32_t document_node, int document);
  Setting setting_of(const Node& node);
  std::string key_of(std::uint32_t index) const;
  std::uint32_t resolved(std::uint32_t index) const;

  Builder& builder_;
  std::string_view text_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> open_;
  std::string values_;
  std::vector<std::string> tags_;
  std::unordered_map<std::string, std::uint32_t> anchors_;
  std::size_t reached_ = 0;  // the end of the last scalar read
  std::size_t aliased_ = 0;  // settings given through aliases
};

// YAML 1.2 core schema, with 1.1's and common tools' spellings of true, false and null.
Setting::Type plain_type(std::string_view value) {
  static const std::set<std::string_view> kNull = {"", "~", "null", "Null", "NULL"};
  static const std::set<std::string_view> kBoolean = {"true", "True", "TRUE", "false", "False", "FALSE",
                                                      "yes",  "Yes",  "YES",  "no",    "No",    "NO",
                                                      "on",   "On",   "ON",   "off",   "Off",   "OFF"};
  if (kNull.count(value) != 0) return Setting::Type::null;
  if (kBoolean.count(value) != 0) return Setting::Type::boolean;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c >= '0' && c <= '9')
      ++digits;
    else if (!(c == '.' ||
               ((c == '-' || c == '+') && (i == 0 || value[i - 1] == 'e' || value[i - 1] == 'E')) ||
               ((c == 'e' || c == 'E') && digits > 0)))
      return Setting::Type::text;
  }
  // "1.2.3" is a version, not a number.
  return digits > 0 && std::count(value.begin(), value.end(), '.') <= 1 ? Setting::Type::number
                                                                        : Setting::Type::text;
}

void YamlReader::add_node(fy_token* token, Node node) {
  if (token != nullptr) {
    const fy_mark* begin = fy_token_start_mark(token);
    const fy_mark* end = fy_token_end_mark(token);
    if (begin != nullptr && end != nullptr) {
      node.begin = static_cast<std::uint32_t>(std::min(begin->input_pos, text_.size()));
      node.end = static_cast<std::uint32_t>(std::clamp(end->input_pos, begin->input_pos, text_.size()));
      reached_ = std::max<std::size_t>(reached_, node.end);
    }
  }
  nodes_.push_back(node);
}

// True if the whole text was read.
bool YamlReader::collect() {
  fy_diag_cfg diag_cfg;
  fy_diag_cfg_default(&diag_cfg);
  diag_cfg.fp = nullptr;
  diag_cfg.level = FYET_MAX;
  diag_cfg.output_fn = [](fy_diag*, void*, const char*, std::size_t) {};
  const std::unique_ptr<fy_diag, DiagDeleter> diag(fy_diag_create(&diag_cfg));
  fy_parse_cfg cfg{};
  cfg.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_JSON_NONE |
                                              FYPCF_DEFAULT_VERSION_AUTO | FYPCF_ALLOW_DUPLICATE_KEYS);
  cfg.diag = diag.get();
  const std::unique_ptr<fy_parser, ParserDeleter> parser(fy_parser_create(&cfg));
  if (diag == nullptr || parser == nullptr) return false;
  // The text stays alive and unchanged for as long as the parser.
  if (fy_parser_set_string(parser.get(), text_.data(), text_.size()) != 0) return false;

  static constexpr std::size_t kMaxNodes = 2'000'000;
  while (nodes_.size() < kMaxNodes) {
    if (open_.size() > builder_.limits().depth) {
      // The walk would not go that deep; what follows is read line by line.
      builder_.limit("YAML is nested too deep");
      for (; !open_.empty(); open_.pop_back())
        nodes_[open_.back()].next = static_cast<std::uint32_t>(nodes_.size());
      return false;
    }
    fy_event* event = fy_parser_parse(parser.get());
    if (event == nullptr) break;
    const auto free_event = [&parser](fy_event* e) { fy_parser_event_free(parser.get(), e); };
    const std::unique_ptr<fy_event, decltype(free_event)> guard(event, free_event);
    Node node;
    fy_token* anchor = nullptr;
    fy_token* tag = nullptr;
    fy_token* token = nullptr;
    switch (event->type) {
      case FYET_DOCUMENT_START:
        anchors_.clear();
        open_.clear();
        node.kind = Node::Kind::document;
        open_.push_back(static_cast<std::uint32_t>(nodes_.size()));
        nodes_.push_back(node);
        continue;
      case FYET_DOCUMENT_END:
      case FYET_MAPPING_END:
      case FYET_SEQUENCE_END:
        if (!open_.empty()) {
          Node& opened = nodes_[open_.back()];
          opened.next = static_cast<std::uint32_t>(nodes_.size());
          fy_token* end = event->type == FYET_MAPPING_END    ? event->mapping_end.mapping_end
                          : event->type == FYET_SEQUENCE_END ? event->sequence_end.sequence_end
                                                             : nullptr;
          if (end != nullptr) {
            const fy_mark* mark = fy_token_end_mark(end);
            if (mark != nullptr)
              opened.end = static_cast<std::uint32_t>(std::min(mark->input_pos, text_.size()));
          }
          open_.pop_back();
        }
        continue;
      case FYET_MAPPING_START:
        node.kind = Node::Kind::mapping;
        anchor = event->mapping_start.anchor;
        tag = event->mapping_start.tag;
        token = event->mapping_start.mapping_start;
        break;
      case FYET_SEQUENCE_START:
        node.kind = Node::Kind::sequence;
        anchor = event->sequence_start.anchor;
        tag = event->sequence_start.tag;
        token = event->sequence_start.sequence_start;
        break;
      case FYET_SCALAR:
        anchor = event->scalar.anchor;
        tag = event->scalar.tag;
        token = event->scalar.value;
        break;
      case FYET_ALIAS:
        node.kind = Node::Kind::alias;
        token = event->alias.anchor;
        break;
      default:
        continue;
    }
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    const auto text_of = [](fy_token* t) {
      std::size_t size = 0;
      const char* data = t == nullptr ? nullptr : fy_token_get_text(t, &size);
      return data == nullptr ? std::string_view() : std::string_view(data, size);
    };
    if (node.kind == Node::Kind::scalar) {
      const std::string_view value = text_of(token);
      node.style =
          static_cast<std::int8_t>(token == nullptr ? FYSS_PLAIN : fy_token_scalar_style(token));
      node.value = static_cast<std::uint32_t>(values_.size());
      node.value_size = static_cast<std::uint32_t>(value.size());
      values_ += value;
      // A value that is not there stands right after what was read before it.
      node.begin = node.end = static_cast<std::uint32_t>(reached_);
    } else if (node.kind == Node::Kind::alias) {
      const auto found = anchors_.find(std::string(text_of(token)));
      if (found != anchors_.end()) node.target = found->second;
    }
    if (tag != nullptr) {
      node.tag = static_cast<std::uint32_t>(tags_.size());
      tags_.emplace_back(text_of(tag));
    }
    if (anchor != nullptr) anchors_[std::string(text_of(anchor))] = index;
    add_node(token, node);
    if (node.kind == Node::Kind::mapping || node.kind == Node::Kind::sequence)
      open_.push_back(index);
    else
      nodes_.back().next = index + 1;
  }
  const bool whole = !fy_parser_get_stream_error(parser.get()) && nodes_.size() < kMaxNodes;
  if (nodes_.size() >= kMaxNodes) builder_.limit("too many YAML nodes");
  for (; !open_.empty(); open_.pop_back())
    nodes_[open_.back()].next = static_cast<std::uint32_t>(nodes_.size());
  return whole;
}

// Follows aliases to the node that holds the content; kNone if there is none. A chain of aliases is
// not possible in YAML: an alias cannot carry an anchor.
std::uint32_t YamlReader::resolved(std::uint32_t index) const {
  if (index >= nodes_.size()) return kNone;
  return nodes_[index].kind == Node::Kind::alias ? nodes_[index].target : index;
}

std::string YamlReader::key_of(std::uint32_t index) const {
  const std::uint32_t at = resolved(index);
  if (at == kNone || nodes_[at].kind != Node::Kind::scalar) return "?";
  return values_.substr(nodes_[at].value, nodes_[at].value_size);
}

Setting YamlReader::setting_of(const Node& node) {
  Setting setting;
  Span span{node.begin, node.end};
  const std::string_view value = std::string_view(values_).substr(node.value, node.value_size);
  std::string_view source = text_.substr(span.begin, span.size());
  if (node.style == FYSS_LITERAL || node.style == FYSS_FOLDED) {
    // The span begins with the first line's content and ends with the last one's.
    const std::size_t first = source.find_first_not_of(" \r\n");
    ValueText text;
    if (!align(source, span.begin, value, node.style, text) || text.text() != value) {
      text = ValueText();
      text.decoded(value, span.begin, span.end);
    }
    std::move(text).store(setting, span);
    if (!setting.pieces.empty()) {
      span.begin = setting.pieces.front().begin;
      span.end = setting.pieces.back().end;
    } else if (first != std::string_view::npos) {
      span.begin += first;
    }
    const std::size_t last = text_.substr(span.begin, span.size()).find_last_not_of(" \r\n");
    span.end = last == std::string_view::npos ? span.begin : span.begin + last + 1;
    setting.bytes = span;
    if (setting.pieces.empty() && !setting.value.empty() && setting.value.size() != span.size())
      setting.pieces.push_back(
          {0, static_cast<std::uint32_t>(span.begin), static_cast<std::uint32_t>(span.end)});
  } else if (source == value) {
    setting.value = value;
    setting.bytes = span;
  } else {
    ValueText text;
    if (!align(source, span.begin, value, node.style, text) || text.text() != value) {
      text = ValueText();
      text.decoded(value, span.begin, span.end);
    }
    std::move(text).store(setting, span);
  }
  if (node.style == FYSS_PLAIN) setting.type = plain_type(setting.value);
  if (node.tag != kNone) {
    setting.tag = tags_[node.tag];
    if (setting.tag == "!!str" || setting.tag == "tag:yaml.org,2002:str" || setting.tag == "!")
      setting.type = Setting::Type::text;
  }
  return setting;
}

void YamlReader::walk(std::uint32_t document_node, int document) {
  // One step of the walk: a collection that is being gone through.
  struct Step {
    std::uint32_t node;       // the collection
    std::uint32_t at;         // its next child
    std::size_t index = 0;    // sequences
    std::size_t path_size;    // of the collection itself
    bool aliased = false;     // reached through an alias
    bool merge_list = false;  // the sequence of a `<<: [*a, *b]`
    // Keys that a merge must not replace: those of the mapping itself, then those merged before.
    std::shared_ptr<std::set<std::string>> taken;
    bool merged = false;  // this mapping's keys yield to `taken`
  };
  std::vector<Step> steps;
  std::vector<std::string> path;
  const std::size_t depth_limit = builder_.limits().depth;

  const auto push = [&](std::uint32_t index, bool aliased) {
    if (steps.size() >= depth_limit) {
      builder_.limit("YAML is nested too deep");
      return false;
    }
    for (const Step& step : steps) {
      if (step.node == index) {
        builder_.syntax(nodes_[index].begin, "an alias inside its own anchor");
        return false;
      }
    }
    steps.push_back({index, index + 1, 0, path.size(), aliased, false, nullptr, false});
    return true;
  };

  // Gives one value below `path`; false if the walk must stop.
  const auto visit = [&](std::uint32_t index, Span key) {
    const bool through_alias = nodes_[index].kind == Node::Kind::alias;
    const bool aliased = through_alias || (!steps.empty() && steps.back().aliased);
    const std::uint32_t at = resolved(index);
    if (at == kNone) {
      builder_.syntax(nodes_[index].begin, "an alias without an anchor");
      return true;
    }
    // Every node met through an alias counts, so that nothing but empty lists is bounded too.
    if (aliased && ++aliased_ > builder_.limits().aliases) {
      builder_.limit("YAML aliases repeat too much");
      return false;
    }
    const Node& node = nodes_[at];
    if (node.kind == Node::Kind::mapping && text_.compare(node.begin, 2, "{{") == 0 &&
        node.end > node.begin + 3) {
      // Helm's and Jinja's {{ x }} is, to YAML, a mapping whose key is a mapping.
      Setting setting;
      setting.path = path;
      setting.bytes = {node.begin, node.end};
      setting.value = text_.substr(node.begin, node.end - node.begin);
      setting.key_bytes = key;
      setting.document = document;
      return builder_.add(std::move(setting));
    }
    if (node.kind != Node::Kind::scalar) {
      push(at, aliased);
      return true;
    }
    Setting setting = setting_of(node);
    setting.path = path;
    setting.key_bytes = key;
    setting.document = document;
    return builder_.add(std::move(setting));
  };

  const std::uint32_t end = nodes_[document_node].next;
  if (document_node + 1 >= end || !visit(document_node + 1, {})) return;
  while (!steps.empty()) {
    Step& step = steps.back();
    const Node& collection = nodes_[step.node];
    path.resize(step.path_size);
    if (step.at >= collection.next || step.at >= nodes_.size()) {
      steps.pop_back();
      continue;
    }
    const std::uint32_t child = step.at;
    if (collection.kind == Node::Kind::sequence) {
      step.at = nodes_[child].next;
      if (step.merge_list) {
        const std::uint32_t target = resolved(child);
        const auto taken = step.taken;
        if (++aliased_ > builder_.limits().aliases) {
          builder_.limit("YAML aliases repeat too much");
          return;
        }
        if (target != kNone && nodes_[target].kind == Node::Kind::mapping && push(target, true)) {
          steps.back().taken = taken;
          steps.back().merged = true;
        }
        continue;
      }
      path.push_back(std::to_string(step.index++));
      if (!visit(child, {})) return;
      continue;
    }
    const std::uint32_t value = nodes_[child].next;
    if (value >= collection.next || value >= nodes_.size()) {  // cut off by an error
      step.at = collection.next;
      continue;
    }
    step.at = nodes_[value].next;
    std::string key = key_of(child);
    const Node& key_node = nodes_[child];
    if (key == "<<" && key_node.kind == Node::Kind::scalar && key_node.style == FYSS_PLAIN) {
      const std::uint32_t target = resolved(value);
      if (target != kNone && nodes_[target].kind != Node::Kind::scalar) {
        if (++aliased_ > builder_.limits().aliases) {
          builder_.limit("YAML aliases repeat too much");
          return;
        }
        auto taken = step.taken;
        if (taken == nullptr) {
          taken = std::make_shared<std::set<std::string>>();
          for (std::uint32_t k = step.node + 1;
               k < collection.next && nodes_[k].next < collection.next;) {
            taken->insert(key_of(k));
            k = nodes_[nodes_[k].next].next;
          }
          step.taken = taken;
        }
        const bool list = nodes_[target].kind == Node::Kind::sequence;
        if (push(target, true)) {
          steps.back().taken = taken;
          steps.back().merge_list = list;
          steps.back().merged = !list;
        }
        continue;
      }
    }
    if (step.merged && step.taken != nullptr) {
      // Of two merged mappings the first wins; a key that stands twice in one mapping stays twice.
      if (step.taken->count(key) != 0) continue;
      step.taken->insert(key);
    }
    const Span key_span{key_node.begin, key_node.end};
    path.push_back(std::move(key));
    if (!visit(value, key_span)) return;
  }
}

// What libfyaml 0.7.12 must not be given. It never returns from a directive with a byte that is no UTF-8
// ("%\xA8" is enough), and takes quadratic time over a long directive line (60 KB of "%env A=b" took 10
// s), over a long run of empty lines (50,000 took 7 s), over one of tabs and over a long tag (100 KB
// took 15 s). Real files have none of these.
enum class Fitness { good, not_text, costly };

Fitness fitness(std::string_view text, std::size_t& where) {
  static constexpr std::size_t kMostDirective = 200;
  static constexpr std::size_t kMostEmptyLines = 200;
  static constexpr std::size_t kMostBlanks = 1000;
  static constexpr std::size_t kMostTag = 300;
  std::size_t empty = 0;
  for (std::size_t at = 0; at < text.size();) {
    where = at;
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with('%')) {
      if (line.size() > kMostDirective) return Fitness::costly;
      if (!line.starts_with("%YAML ") && !line.starts_with("%TAG ")) return Fitness::not_text;
    }
    std::size_t blanks = 0;
    bool only_blanks = true;
    for (std::size_t i = 0; i < line.size();) {
      const auto byte = static_cast<unsigned char>(line[i]);
      if (byte == ' ' || byte == '\t' || byte == '\r') {
        if (++blanks > kMostBlanks) return Fitness::costly;
        ++i;
        continue;
      }
      blanks = 0;
      only_blanks = false;
      if (byte == '!' &&
          (i == 0 || std::string_view(" \t[{,").find(line[i - 1]) != std::string_view::npos)) {
        const std::size_t tag_end = std::min(line.find_first_of(" \t", i), line.size());
        if (tag_end - i > kMostTag) return Fitness::costly;
      }
      const std::size_t length = byte < 0x80 ? 1 : code_point_length(line, i);
      if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && length == 1)) return Fitness::not_text;
      i += length;
    }
    empty = only_blanks ? empty + 1 : 0;
    if (empty > kMostEmptyLines) return Fitness::costly;
    at = end + 1;
  }
  return Fitness::good;
}

void YamlReader::read() {
  // Empty lines at the end say nothing.
  const std::size_t last = text_.find_last_not_of(" \t\r\n");
  text_ = text_.substr(
      0, last == std::string_view::npos ? 0 : std::min(text_.find('\n', last), text_.size() - 1) + 1);
  std::size_t where = 0;
  const Fitness fit = fitness(text_, where);
  if (fit != Fitness::good) {
    if (fit == Fitness::costly)
      builder_.limit("YAML with a long directive, tag or run of blanks");
    else
      builder_.syntax(where, "no valid YAML; lines are read one by one");
    return read_yaml_lines(builder_, 0, 0);
  }
  const bool whole = collect();
  int document = 0;
  for (std::uint32_t at = 0; at < nodes_.size() && builder_.room();
       at = std::max(nodes_[at].next, at + 1))
    walk(at, document++);
  if (!whole && builder_.room()) {
    builder_.syntax(std::min(reached_, text_.size()),
                    "no valid YAML after this; lines are read one by one");
    read_yaml_lines(builder_, reached_, document > 0 ? document - 1 : 0);
  }
}

}  // namespace

void read_yaml(Builder& builder) { YamlReader(builder).read(); }

}  // namespace kimiguard::config
