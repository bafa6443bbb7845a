#include "scanner/agents/loose_connections.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "scanner/config/line_map.h"
#include "scanner/config/reference.h"
#include "scanner/core/lowered.h"
#include "scanner/kimi/base_url.h"

namespace kimiguard::agents {
namespace {

using Kind = config::Classified::Kind;

constexpr std::size_t kMostCandidates = 2000;
constexpr std::size_t kLongestCall = 4096;
constexpr std::size_t kMostCalls = 2000;
constexpr std::size_t kMostConstants = 20'000;
constexpr std::size_t kMostArguments = std::size_t{16} << 20;  // bytes of arguments that are read, of all calls

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_letters(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.rbegin(), a.rend(), b.rbegin(), [](char x, char y) { return lower(x) == lower(y); });
}

// Whether `whole` is `name`, or it with a prefix that ends in "_": MY_OPENAI_API_KEY. Asked for every setting of
// every file, so it allocates nothing.
bool bears(std::string_view whole, std::string_view name) {
  if (whole.size() < name.size()) return false;
  const std::size_t before = whole.size() - name.size();
  return same_letters(whole.substr(before), name) && (before == 0 || whole[before - 1] == '_' || whole[before - 1] == '.');
}

// The text before `name`, in lower case; nothing where the variable does not bear it.
std::optional<std::string> prefix_of(std::string_view whole, std::string_view name) {
  if (!bears(whole, name)) return std::nullopt;
  return lowered(whole.substr(0, whole.size() - name.size()));
}

struct Candidate {
  const Setting* setting = nullptr;
  std::string prefix;
};

// How long the longest name of any family is that `variable` ends in: MOONSHOT_API_KEY is Moonshot's and not a
// MOONSHOT_ copy of a bare API_KEY.
std::size_t longest_name(std::string_view variable, const std::vector<const FamilySpec*>& families) {
  std::size_t longest = 0;
  for (const FamilySpec* family : families)
    for (const auto* names : {&family->key, &family->url, &family->model})
      for (const std::string& name : *names)
        if (name.size() > longest && bears(variable, name)) longest = name.size();
  return longest;
}

bool begins_with(const std::vector<std::string>& path, const std::vector<std::string>& start,
                 std::size_t size) {
  return size <= path.size() && size <= start.size() &&
         std::equal(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(size), path.begin());
}

// How near an address is to a key: parts that both have; -1 where the address is a sibling's.
int nearness(const Setting& key, const Setting& url) {
  if (key.document != url.document) return -1;
  // The table that holds the address' own table reaches everything below it.
  const std::size_t reach = url.path.size() < 2 ? 0 : url.path.size() - 2;
  if (!begins_with(key.path, url.path, reach)) return -1;
  std::size_t common = 0;
  while (common < key.path.size() && common < url.path.size() && key.path[common] == url.path[common])
    ++common;
  return static_cast<int>(common);
}

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

Part part_at(const Unit& unit, const Setting& setting, bool key, const SettingNames& names) {
  Part part = part_at(unit, setting);
  const config::Classified kind = config::classify(setting);
  if (kind.kind != Kind::literal) part.source = Part::Source::reference;
  std::string value = trimmed(setting.value);
  if (key) {
    value = std::string(without_scheme(value, names));
    if (kind.kind == Kind::literal) {
      part.secret = Secret(value);
      part.value = part.secret.masked();
    } else {
      part.value = value;
    }
  } else {
    part.value = value;
  }
  return part;
}

bool is_value(const Setting& setting) {
  if (setting.type == Setting::Type::null || setting.type == Setting::Type::boolean) return false;
  const Kind kind = config::classify(setting).kind;
  return kind == Kind::literal || kind == Kind::reference || kind == Kind::mixed;
}

bool is_literal(const Setting& setting) { return config::classify(setting).kind == Kind::literal; }

bool is_one_of(std::string_view name, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& one) { return same_letters(one, name); });
}

// Where an address belongs beside a key: under the family's own name for it, with the key's prefix.
std::optional<Part> sibling(const Unit& unit, const Setting& key, const std::string& prefix, const FamilySpec& family) {
  if (family.url.empty()) return std::nullopt;
  Setting setting;
  setting.path = key.path;
  // As it is written: the key's own letters before the name.
  setting.path.back() = key.path.back().substr(0, prefix.size()) + family.url.front();
  Part part;
  part.source = Part::Source::config;
  part.file = unit.path;
  part.key_path = setting.key_path();
  return part;
}

// A machine of .netrc and its password. The host is a name here and no address, so nothing is there to write a base
// URL into: the password is where a verdict stands.
std::vector<Connection> machine_connections(const Unit& unit, const SettingNames& names) {
  std::vector<Connection> made;
  for (const Setting& setting : unit.settings) {
    if (setting.path.size() != 2 || setting.path[1] != "password" || setting.path[0].find('.') == std::string::npos) continue;
    if (!is_literal(setting) || made.size() >= kMostCandidates) continue;
    Connection connection;
    connection.slot = setting.path[0];
    connection.scope = "source";
    connection.key = part_at(unit, setting, true, names);
    Part host;
    host.source = Part::Source::tool_default;
    host.value = "https://" + setting.path[0];
    connection.base_url = std::move(host);
    made.push_back(std::move(connection));
  }
  return made;
}

std::vector<Connection> object_connections(const Unit& unit, const SettingNames& names) {
  std::vector<Connection> made;
  // Objects one after the other: settings of one object stand together in a file.
  const auto same_object = [](const Setting& a, const Setting& b) {
    return a.document == b.document && a.path.size() == b.path.size() &&
           std::equal(a.path.begin(), a.path.end() - 1, b.path.begin());
  };
  std::vector<const Setting*> urls, keys;
  for (const Setting& setting : unit.settings) {
    if (setting.path.size() < 2 || setting.value.empty()) continue;
    if (is_one_of(setting.path.back(), names.url_fields) && is_value(setting)) {
      const auto url = kimi::parse_base_url(setting.value);
      if (url && (!url->scheme.empty() || url->host.find('.') != std::string::npos) &&
          urls.size() < kMostCandidates)
        urls.push_back(&setting);
    } else if (is_one_of(setting.path.back(), names.key_fields) && is_literal(setting) &&
               setting.value.size() >= 20 && keys.size() < kMostCandidates) {
      keys.push_back(&setting);
    }
  }
  for (const Setting* key : keys) {
    for (const Setting* url : urls) {
      if (!same_object(*key, *url)) continue;
      Connection connection;
      connection.slot = key->path.size() >= 2 ? key->path[key->path.size() - 2] : std::string();
      connection.scope = "source";
      connection.key = part_at(unit, *key, true, names);
      connection.base_url = part_at(unit, *url, false, names);
      for (const Setting& other : unit.settings)
        if (other.path.size() == key->path.size() && same_object(other, *key) &&
            lowered(other.path.back()) == "model" && is_literal(other)) {
          connection.model = part_at(unit, other, false, names);
          break;
        }
      made.push_back(std::move(connection));
      break;
    }
  }
  return made;
}

}  // namespace

std::vector<const FamilySpec*> families_of(const Profiles& profiles) {
  std::vector<const FamilySpec*> families;
  for (const Profile& profile : profiles.tools)
    for (const FamilySpec& family : profile.families) families.push_back(&family);
  return families;
}

bool is_credential_header(std::string_view name, const SettingNames& names) { return is_one_of(name, names.credential_headers); }

std::string_view without_scheme(std::string_view value, const SettingNames& names) {
  for (const std::string& scheme : names.credential_schemes)
    if (value.size() > scheme.size() && value.starts_with(scheme) && value[scheme.size()] == ' ') return value.substr(scheme.size() + 1);
  return value;
}

std::vector<Connection> loose_connections(const Unit& unit, const std::vector<const FamilySpec*>& families,
                                          const SettingNames& words) {
  if (unit.format == config::Format::netrc) return machine_connections(unit, words);
  std::vector<Connection> made;
  for (const FamilySpec* family : families) {
    std::vector<Candidate> keys, urls, models;
    const auto collect = [&families](const Setting& setting, const std::vector<std::string>& names,
                            std::vector<Candidate>& into) {
      for (const std::string& name : names)
        if (auto prefix = prefix_of(setting.path.back(), name)) {
          if (name.size() < longest_name(setting.path.back(), families)) return;
          if (into.size() < kMostCandidates && is_value(setting)) into.push_back({&setting, *prefix});
          return;
        }
    };
    for (const Setting& setting : unit.settings) {
      if (setting.path.empty() || setting.value.empty()) continue;
      if (!setting.path.front().empty() && setting.path.front().front() == '@' &&
          setting.path.size() > 3)
        continue;
      collect(setting, family->key, keys);
      collect(setting, family->url, urls);
      collect(setting, family->model, models);
    }
    const auto nearest = [](const Candidate& to,
                            const std::vector<Candidate>& among) -> const Candidate* {
      const Candidate* best = nullptr;
      int most = -1;
      for (const Candidate& one : among) {
        // A prefix of its own keeps to itself.
        if (one.prefix != to.prefix) continue;
        const int near = nearness(*to.setting, *one.setting);
        if (near >= most && near >= 0) {
          most = near;
          best = &one;  // of several the last one wins, as in a shell
        }
      }
      return best;
    };
    const auto slot_of = [](const Setting& setting) {
      // The service, step or table; the variable's name where there is none.
      return setting.path.size() < 2 ? setting.path.back() : setting.path[setting.path.size() - 2];
    };
    std::vector<const Candidate*> used;
    std::vector<std::pair<const Candidate*, Connection>> found;  // to put two keys of one table together
    for (const Candidate& key : keys) {
      Connection connection;
      connection.protocol = family->protocol;
      connection.scope = "source";
      connection.slot = slot_of(*key.setting);
      connection.key = part_at(unit, *key.setting, true, words);
      const Candidate* url = nearest(key, urls);
      if (url != nullptr) {
        used.push_back(url);
        connection.base_url = part_at(unit, *url->setting, false, words);
      } else if (urls.empty() && !family->base_url.empty()) {
        Part part;
        part.source = Part::Source::tool_default;
        part.value = family->base_url;
        connection.base_url = std::move(part);
        connection.address_setting = sibling(unit, *key.setting, key.prefix, *family);
      }
      if (const Candidate* model = nearest(key, models))
        connection.model = part_at(unit, *model->setting, false, words);
      // ANTHROPIC_AUTH_TOKEN and ANTHROPIC_API_KEY in one table both go out.
      const auto same_table = [&](const Candidate& other) {
        return other.prefix == key.prefix && other.setting->path.size() == key.setting->path.size() &&
               other.setting->document == key.setting->document &&
               begins_with(key.setting->path, other.setting->path, key.setting->path.size() - 1) &&
               other.setting->path.back() != key.setting->path.back();
      };
      const auto twin =
          std::find_if(found.begin(), found.end(), [&](const auto& entry) { return same_table(*entry.first); });
      if (twin != found.end() && !connection.key->secret.empty()) {
        if (twin->second.key->secret.empty())
          twin->second.key = connection.key;
        else if (twin->second.key->secret != connection.key->secret)
          twin->second.other_keys.push_back(*connection.key);
        continue;
      }
      found.emplace_back(&key, std::move(connection));
    }
    for (auto& [candidate, connection] : found) made.push_back(std::move(connection));
    for (const Candidate& url : urls) {
      if (std::find(used.begin(), used.end(), &url) != used.end()) continue;
      Connection connection;
      connection.protocol = family->protocol;
      connection.scope = "source";
      connection.slot = slot_of(*url.setting);
      connection.base_url = part_at(unit, *url.setting, false, words);
      if (const Candidate* model = nearest(url, models))
        connection.model = part_at(unit, *model->setting, false, words);
      made.push_back(std::move(connection));
    }
  }
  std::vector<Connection> objects = object_connections(unit, words);
  std::move(objects.begin(), objects.end(), std::back_inserter(made));
  return made;
}

std::vector<Connection> loose_connections(const Environment& environment, Part::Source source,
                                          const std::vector<const FamilySpec*>& families) {
  std::vector<Connection> made;
  const auto part_of = [&](const std::string& name, bool key) -> std::optional<Part> {
    const Variable* variable = environment.find(name);
    if (variable == nullptr || config::classify(variable->value).kind != Kind::literal)
      return std::nullopt;
    Part part;
    part.source = source;
    part.key_path = name;
    part.file = variable->file;
    part.position = variable->position;
    part.end = variable->end;
    part.bytes = variable->bytes;
    if (key) {
      part.secret = Secret(variable->value);
      part.value = part.secret.masked();
    } else {
      part.value = variable->value;
    }
    return part;
  };
  const auto first_of = [&](const std::vector<std::string>& names, bool key) {
    for (const std::string& name : names)
      if (auto part = part_of(name, key)) return part;
    return std::optional<Part>();
  };
  for (const FamilySpec* family : families) {
    Connection connection;
    connection.protocol = family->protocol;
    connection.slot = family->id;
    connection.scope = source == Part::Source::process ? "process" : "environment";
    connection.base_url = first_of(family->url, false);
    connection.model = first_of(family->model, false);
    for (const std::string& name : family->key) {
      auto part = part_of(name, true);
      if (!part) continue;
      if (!connection.key)
        connection.key = std::move(part);
      else if (connection.key->secret != part->secret)
        connection.other_keys.push_back(std::move(*part));
    }
    if (!connection.key && !connection.base_url) continue;
    if (!connection.base_url && !family->base_url.empty()) {
      Part part;
      part.source = Part::Source::tool_default;
      part.value = family->base_url;
      connection.base_url = std::move(part);
      if (connection.key && !family->url.empty()) {
        Part setting;
        setting.source = source;
        setting.file = connection.key->file;
        setting.key_path = family->url.front();
        connection.address_setting = std::move(setting);
      }
    }
    made.push_back(std::move(connection));
  }
  return made;
}

bool is_source(std::string_view path) {
  static constexpr std::array<std::string_view, 22> kEndings = {
      ".py", ".ts",   ".tsx", ".js", ".jsx", ".mjs", ".cjs",   ".mts",  ".vue",   ".svelte", ".go",
      ".rs", ".java", ".kt",  ".rb", ".php", ".cs",  ".swift", ".dart", ".ipynb", ".scala",  ".md"};
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const std::size_t dot = name.rfind('.');
  return dot != std::string_view::npos &&
         std::find(kEndings.begin(), kEndings.end(), name.substr(dot)) != kEndings.end();
}

namespace {

// A notebook's cell is a list of lines. What stands between two of them (\n", "), is blanked out, so that a call over
// several lines is one text; every other byte keeps its place.
std::string with_joined_lines(std::string_view notebook) {
  std::string text(notebook);
  for (std::size_t at = text.find("\\n\""); at != std::string::npos; at = text.find("\\n\"", at + 1)) {
    std::size_t end = at + 3;
    if (end >= text.size() || text[end] != ',') continue;
    ++end;
    while (end < text.size() && (text[end] == ' ' || text[end] == '\t' || text[end] == '\r' || text[end] == '\n')) ++end;
    if (end >= text.size() || text[end] != '"') continue;
    std::fill(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end + 1), ' ');
  }
  return text;
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The names that a source text gives a quoted text to, once: KEY = "…", KEY: str = "…", const key = '…', key := "…".
// Where the text stands; a name that is given two is none.
std::map<std::string_view, Span> constants_in(std::string_view text) {
  std::map<std::string_view, Span> found;
  const auto back_over_blanks = [&](std::size_t at) {
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t')) --at;
    return at;
  };
  const auto name_before = [&](std::size_t end) {
    std::size_t begin = end;
    while (begin > 0 && is_name(text[begin - 1])) --begin;
    return text.substr(begin, end - begin);
  };
  for (std::size_t sign = text.find('='); sign != std::string_view::npos && found.size() < kMostConstants; sign = text.find('=', sign + 1)) {
    std::size_t open = sign + 1;
    while (open < text.size() && (text[open] == ' ' || text[open] == '\t')) ++open;
    if (open < text.size() && text[open] == '\\') ++open;  // a cell of a notebook holds its quotes escaped
    if (open >= text.size() || (text[open] != '"' && text[open] != '\'' && text[open] != '`')) continue;
    std::size_t close = text.find_first_of(std::string{text[open], '\n'}, open + 1);
    if (close == std::string_view::npos || text[close] == '\n') continue;
    if (text[close - 1] == '\\') --close;
    std::size_t end = back_over_blanks(sign > 0 && text[sign - 1] == ':' ? sign - 1 : sign);
    std::string_view name = name_before(end);
    if (name.empty()) continue;
    const auto before = [&](std::string_view word) { return back_over_blanks(static_cast<std::size_t>(word.data() - text.data())); };
    if (const std::size_t type = before(name); type > 0 && text[type - 1] == ':') name = name_before(back_over_blanks(type - 1));
    if (name.empty()) continue;
    const auto [known, fresh] = found.emplace(name, Span{open + 1, close});
    if (!fresh) known->second = {};
  }
  return found;
}

// One argument of a call, or field of an object, that has a text: where the text stands.
struct Argument {
  std::string name;  // in lower case
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view constant = {};  // that holds the text; "" where it stands here
};

struct Arguments {
  std::vector<Argument> all;
  std::size_t end = 0;  // of what was looked at
};

// What stands between the bracket at `open` and the one that closes it: name, "=" or ":", a quoted text or a constant of
// this text; strings are skipped whole, brackets counted.
class ArgumentReader {
 public:
  explicit ArgumentReader(std::string_view text) : text_(text) {}

  Arguments read(std::size_t open) {
    Arguments found;
    int depth = 0;
    std::size_t at = open;
    const std::size_t end = std::min(text_.size(), open + kLongestCall);
    std::string word;
    bool due = false;
    for (; at < end; ++at) {
      const char c = text_[at];
      if (c == '"' || c == '\'' || c == '`') {
        // A cell of a notebook holds its quotes escaped.
        const bool escaped = at > 0 && text_[at - 1] == '\\';
        const std::size_t from = at + 1;
        std::size_t to = from;
        while (to < end && text_[to] != c && text_[to] != '\n') {
          if (!escaped && text_[to] == '\\') ++to;
          ++to;
        }
        if (to >= end) break;
        const std::size_t stop = escaped && to > from && text_[to - 1] == '\\' ? to - 1 : to;
        if (due && !word.empty()) {
          found.all.push_back({lowered(word), from, stop});
          word.clear();
          due = false;
        } else {
          word.assign(text_.substr(from, stop - from));  // a quoted name of an object's field
        }
        at = to;
        continue;
      }
      if (is_name(c)) {
        if (due && !word.empty()) {
          // A constant of this text, which may be a part of something: Config.KEY. Not a call, not an index.
          std::size_t to = at;
          while (to < end && (is_name(text_[to]) || text_[to] == '.')) ++to;
          std::string_view constant = text_.substr(at, to - at);
          if (const std::size_t dot = constant.rfind('.'); dot != std::string_view::npos) constant.remove_prefix(dot + 1);
          if (to < end && std::string_view("([\"'`").find(text_[to]) == std::string_view::npos) {
            if (!constants_) constants_ = constants_in(text_);
            const auto known = constants_->find(constant);
            if (known != constants_->end() && known->second.size() > 0)
              found.all.push_back({lowered(word), known->second.begin, known->second.end, constant});
          }
          due = false;
          word.clear();
          at = to - 1;
          continue;
        }
        if (due) due = false;
        if (at == open || !is_name(text_[at - 1])) word.clear();
        word += c;
        continue;
      }
      if (c == '(' || c == '{' || c == '[') ++depth;
      if (c == ')' || c == '}' || c == ']') {
        if (--depth == 0) break;
      }
      if ((c == '=' || c == ':') && !word.empty()) due = true;
      if (c == ',' || c == ';') {
        due = false;
        word.clear();
      }
    }
    found.end = at;
    return found;
  }

 private:
  std::string_view text_;
  std::optional<std::map<std::string_view, Span>> constants_;
};

// The bracket that the byte at `at` stands in; npos where none opens within a call's length. A bracket in a string may
// mislead it: then there is nothing to find at what it gives.
std::size_t bracket_around(std::string_view text, std::size_t at) {
  int depth = 0;
  const std::size_t least = at > kLongestCall ? at - kLongestCall : 0;
  while (at > least) {
    const char c = text[--at];
    if (c == ')' || c == '}' || c == ']') ++depth;
    if ((c == '(' || c == '{' || c == '[') && depth-- == 0) return at;
  }
  return std::string_view::npos;
}

// What an object is called: of kimi: { …, const kimi = { …, "kimi": { … it is kimi. "" if nothing is there.
std::string_view name_of_object(std::string_view text, std::size_t open) {
  const auto back = [&](std::size_t at, std::string_view what) {
    while (at > 0 && what.find(text[at - 1]) != std::string_view::npos) --at;
    return at;
  };
  std::size_t end = back(open, " \t\r\n");
  if (end == 0 || (text[end - 1] != '=' && text[end - 1] != ':')) return {};
  end = back(end - 1, " \t\"'");
  std::size_t begin = end;
  while (begin > 0 && is_name(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

}  // namespace

std::vector<Connection> source_connections(const std::string& path, std::string_view bytes,
                                           const std::vector<const FamilySpec*>& families, const SettingNames& names) {
  std::vector<Connection> made;
  const bool notebook = path.ends_with(".ipynb");
  const std::string joined = notebook ? with_joined_lines(bytes) : std::string();
  const std::string_view text = notebook ? std::string_view(joined) : bytes;
  std::optional<config::LineMap> lines;
  ArgumentReader reader(text);
  std::size_t looked = 0;  // calls within calls would be read over and over
  // The key, address and model among arguments.
  const auto take = [&](Connection& connection, const std::vector<Argument>& arguments, const std::string& owner) {
    for (const Argument& argument : arguments) {
      if (!lines) lines.emplace(bytes);
      Part part;
      part.source = Part::Source::config;
      part.key_path = argument.constant.empty() ? owner + argument.name : std::string(argument.constant);
      part.file = path;
      part.bytes = {argument.begin, argument.end};
      part.position = lines->position(argument.begin);
      part.end = lines->position(argument.end);
      const std::string value(text.substr(argument.begin, argument.end - argument.begin));
      const std::string& name = argument.name;
      if (is_one_of(name, names.key_arguments)) {
        if (config::classify(value).kind != Kind::literal || connection.key) continue;
        part.secret = Secret(value);
        part.value = part.secret.masked();
        connection.key = std::move(part);
      } else if (is_one_of(name, names.url_arguments)) {
        if (config::classify(value).kind != Kind::literal) continue;
        part.value = value;
        connection.base_url = std::move(part);
      } else if (is_one_of(name, names.model_arguments)) {
        part.value = value;
        connection.model = std::move(part);
      }
    }
  };
  std::vector<Span> calls;
  for (std::size_t open = text.find('(');
       open != std::string_view::npos && made.size() < kMostCalls && looked < kMostArguments;
       open = text.find('(', open + 1)) {
    std::size_t begin = open;
    while (begin > 0 && is_name(text[begin - 1])) --begin;
    const std::string_view call = text.substr(begin, open - begin);
    const FamilySpec* client = nullptr;
    for (const FamilySpec* family : families)
      if (std::find(family->calls.begin(), family->calls.end(), call) != family->calls.end())
        client = family;
    if (client == nullptr) continue;
    const Arguments arguments = reader.read(open);
    looked += arguments.end - open;
    calls.push_back({open, arguments.end});
    Connection connection;
    connection.slot = std::string(call);
    connection.scope = "source";
    connection.protocol = client->protocol;
    bool address_named = false;
    const std::string body = lowered(text.substr(open, arguments.end - open));
    for (const std::string& name : names.url_arguments)
      if (body.find(name) != std::string::npos) address_named = true;
    take(connection, arguments.all, std::string(call) + ".");
    if (!connection.key && !connection.base_url) continue;
    if (!connection.base_url && !address_named && !client->base_url.empty()) {
      Part part;
      part.source = Part::Source::tool_default;
      part.value = client->base_url;
      connection.base_url = std::move(part);
      if (!names.url_arguments.empty()) {
        Part argument;
        argument.source = Part::Source::config;
        argument.file = path;
        argument.key_path = std::string(call) + "." + names.url_arguments.front();
        connection.address_setting = std::move(argument);
      }
    }
    made.push_back(std::move(connection));
  }
  // Objects that no such call is given: { baseURL: "…", apiKey: "…" }, in whose hands ever.
  const std::string small = lowered(text);
  std::vector<std::size_t> opened;
  for (const std::string& name : names.url_arguments) {
    for (std::size_t at = small.find(name); at != std::string::npos && opened.size() < kMostCalls && looked < kMostArguments;
         at = small.find(name, at + name.size())) {
      const std::size_t open = bracket_around(text, at);
      looked += kLongestCall / 8;
      const bool in_call = std::any_of(calls.begin(), calls.end(), [&](const Span& call) { return at >= call.begin && at < call.end; });
      if (open == std::string_view::npos || text[open] != '{' || in_call || std::find(opened.begin(), opened.end(), open) != opened.end()) continue;
      opened.push_back(open);
    }
  }
  std::sort(opened.begin(), opened.end());
  for (const std::size_t open : opened) {
    const Arguments arguments = reader.read(open);
    Connection connection;
    connection.slot = std::string(name_of_object(text, open));
    connection.scope = "source";
    take(connection, arguments.all, connection.slot.empty() ? std::string() : connection.slot + ".");
    if (connection.key && connection.base_url) made.push_back(std::move(connection));
  }
  return made;
}

}  // namespace kimiguard::agents
