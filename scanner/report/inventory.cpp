#include "scanner/report/inventory.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "scanner/report/terminal.h"
#include "scanner/report/uri.h"
#include "scanner/report/voice.h"

namespace kimiguard::report {

std::string mode_words(std::uint32_t mode) {
  std::string octal;
  if (mode == 0) return octal;
  for (int shift = 9; shift >= 0; shift -= 3) octal += static_cast<char>('0' + (mode >> shift & 7U));
  return octal;
}

std::string_view kind_words(PlaceKind kind, std::string_view language) {
  const Voice voice(language);
  switch (kind) {
    case PlaceKind::ordinary: return "";
    case PlaceKind::transcript: return voice("transcript", "对话记录");
    case PlaceKind::prompt_history: return voice("prompt history", "提示历史");
    case PlaceKind::shell_history: return voice("shell history", "shell 历史");
    case PlaceKind::log: return voice("log", "日志");
    case PlaceKind::backup: return voice("backup", "备份");
    case PlaceKind::export_: return voice("export", "导出文件");
    case PlaceKind::checkpoint: return voice("checkpoint", "检查点");
    case PlaceKind::cache: return voice("cache", "缓存");
    case PlaceKind::tool_store: return voice("the tool's own store", "工具自己的存储");
    case PlaceKind::login_file: return voice("a start-up file of the login", "登录 shell 的启动文件");
    case PlaceKind::standard_input: return voice("standard input", "标准输入");
    case PlaceKind::environment: return voice("environment", "环境变量");
    case PlaceKind::process: return voice("a running process", "运行中的进程");
    case PlaceKind::git_internal: return voice("git's own file", "git 自己的文件");
  }
  return "";
}

std::string key_words(const KeyEntry& key, const Rulebook& rulebook, std::string_view language) {
  const Voice voice(language);
  std::string text;
  if (const Rule* rule = rulebook.rule(key.rule); rule != nullptr) text = rule->title.in(voice.language());
  if (text.empty()) text = voice("key of another issuer or shape", "其他签发方或其他形状的密钥");
  const auto add = [&](std::string_view more) {
    text += voice(", ", "，");
    text += more;
  };
  if (const Realm* realm = rulebook.realm(key.realm); realm != nullptr)
    add(realm->title.in(voice.language()));
  else if (key.realm == "platform")
    add(voice("platform.kimi.ai or platform.kimi.com: not known which", "platform.kimi.ai 或 platform.kimi.com：无法得知是哪一个"));
  else if (key.realm == "kimi-code")
    add(voice("kimi.com or kimi.ai: not known which", "kimi.com 或 kimi.ai：无法得知是哪一个"));
  return text;
}

std::string source_words(const SettingPlace& part, std::string_view language) {
  const Voice voice(language);
  if (part.source.empty()) return {};
  if (part.source == "tool_default") return std::string(voice("the tool's default", "工具的默认值"));
  std::string text;
  if (!part.path.empty()) {
    text = utf8_name(part.path);
    if (part.line > 0) text += ":" + std::to_string(part.line);
  } else if (part.source == "environment") {
    text = voice("environment", "环境变量");
  }
  const bool variable = part.source == "environment" || part.source == "process";
  if (variable && !part.key_path.empty()) text += (text.empty() ? "$" : " $") + utf8_name(part.key_path);
  if (text.empty()) text = voice("not known where from", "来源不明");
  return text;
}

std::string connection_name(const ConnectionEntry& connection) {
  if (connection.slot.empty() || connection.slot == connection.title) return utf8_name(connection.title);
  return utf8_name(connection.title) + " (" + utf8_name(connection.slot) + ")";
}

std::string target_words(const ConnectionEntry& connection, std::string_view language) {
  const Voice voice(language);
  if (!connection.host.empty()) return utf8_name(connection.host + connection.host_path);
  if (!connection.url.value.empty()) return utf8_name(connection.url.value);
  return std::string(voice("no address known", "地址不明"));
}

std::vector<std::string> verdict_words(const ConnectionEntry& connection, const Rulebook& rulebook,
                                       std::string_view language) {
  const Voice voice(language);
  std::vector<std::string> words;
  for (const VerdictEntry& verdict : connection.verdicts) {
    const Rule* rule = rulebook.rule(verdict.rule);
    std::string text = rule != nullptr && !rule->title.empty() ? rule->title.in(voice.language()) : verdict.rule;
    text += voice.chinese() ? "（" : " (";
    text += voice.severity(verdict.severity);
    if (verdict.confidence == Confidence::low) text += voice(", possible", "，可能");
    text += voice.chinese() ? "）" : ")";
    if (std::find(words.begin(), words.end(), text) == words.end()) words.push_back(std::move(text));
  }
  return words;
}

namespace {

using Ink = Paint::Ink;
using Lines = std::vector<std::string>;

constexpr int kProse = 120;  // columns after which eyes get lost

Ink ink_of(Severity severity) {
  switch (severity) {
    case Severity::critical: return Ink::critical;
    case Severity::high: return Ink::high;
    case Severity::medium: return Ink::medium;
    case Severity::low: return Ink::low;
    default: return Ink::dim;
  }
}

class Tables {
 public:
  Tables(const Inventory& inventory, const Rulebook& rulebook, const Options& options)
      : inventory_(inventory),
        rulebook_(rulebook),
        options_(options),
        voice_(options.language),
        paint_(options.color),
        width_(std::clamp(options.width, 30, 400)) {}

  Lines lines() {
    keys();
    tools();
    return std::move(lines_);
  }

 private:
  std::size_t most(std::size_t brief) const { return options_.verbose ? std::size_t{1} << 30 : brief; }

  void heading(std::string_view text, const std::string& remark) {
    std::string line = paint_(Ink::bold, text);
    if (!remark.empty() && display_width(text) + 2 + display_width(remark) <= width_)
      line += "  " + paint_(Ink::dim, remark);
    lines_.push_back(std::move(line));
  }

  void prose(const std::string& text, int indent, Ink ink = Ink::plain) {
    bool first = true;
    for (const std::string& line : wrapped(printable_line(text), std::min(width_, kProse) - indent - 2)) {
      lines_.push_back(std::string(static_cast<std::size_t>(first ? indent : indent + 2), ' ') + paint_(ink, line));
      first = false;
    }
  }

  // "left  right", or two lines where that is too wide.
  void pair(const std::string& left, const std::string& right, int indent, int column, int under = 4) {
    const std::string a = printable_line(left);
    const std::string b = printable_line(right);
    const int start = std::max(column, display_width(a)) + 2;
    if (b.empty()) {
      lines_.push_back(std::string(static_cast<std::size_t>(indent), ' ') + shortened(a, width_ - indent));
    } else if (indent + start + display_width(b) <= width_) {
      lines_.push_back(std::string(static_cast<std::size_t>(indent), ' ') + padded(a, start) + paint_(Ink::dim, b));
    } else {
      lines_.push_back(std::string(static_cast<std::size_t>(indent), ' ') + shortened(a, width_ - indent));
      for (const std::string& line : wrapped(b, width_ - indent - under))
        lines_.push_back(std::string(static_cast<std::size_t>(indent + under), ' ') + paint_(Ink::dim, line));
    }
  }

  void and_more(std::size_t hidden, int indent) {
    if (hidden == 0) return;
    lines_.push_back(std::string(static_cast<std::size_t>(indent), ' ') +
                     paint_(Ink::dim, voice_.chinese() ? "另有 " + std::to_string(hidden) + " 项，用 -v 查看"
                                                       : "and " + std::to_string(hidden) + " more; -v lists them"));
  }

  void keys() {
    if (inventory_.keys.empty()) return;
    heading(voice_("Keys and where they lie", "密钥及其位置"),
            voice_.count(inventory_.keys.size(), "key", "keys", "个密钥"));
    const std::size_t most_keys = most(8);
    for (std::size_t i = 0; i < inventory_.keys.size() && i < most_keys; ++i) one_key(inventory_.keys[i]);
    and_more(inventory_.keys.size() - std::min(inventory_.keys.size(), most_keys), 2);
    lines_.emplace_back();
  }

  void one_key(const KeyEntry& key) {
    const Ink ink = key.worst > Severity::note ? ink_of(key.worst) : Ink::good;
    std::string what = key_words(key, rulebook_, options_.language);
    if (!key.since.empty()) {
      // Told by file times: a file that has not been written since then held it then.
      what += voice_("; since ", "；至少自 ");
      what += key.since;
      what += voice_(" or before (file dates)", " 起（据文件日期）");
    }
    const std::string masked = printable_line(key.masked);
    const std::string head = "  " + masked + "  ";
    if (display_width(head) + display_width(what) <= width_) {
      lines_.push_back("  " + paint_(ink, masked) + "  " + what);
    } else {
      lines_.push_back("  " + paint_(ink, masked));
      prose(what, 4);
    }
    const std::size_t most_places = most(4);
    int column = 0;
    std::vector<std::pair<std::string, std::string>> rows;
    for (std::size_t i = 0; i < key.places.size() && i < most_places; ++i) {
      const KeyPlace& place = key.places[i];
      std::string where = utf8_name(place.path);
      if (place.line > 0) where += ":" + std::to_string(place.line);
      std::string words = mode_words(place.mode);
      const std::string_view kind = kind_words(place.kind, options_.language);
      if (!kind.empty()) {
        if (!words.empty()) words += "  ";
        words += kind;
      }
      if (display_width(where) <= width_ * 3 / 5) column = std::max(column, display_width(where));
      rows.emplace_back(std::move(where), std::move(words));
    }
    for (const auto& [where, words] : rows) pair(where, words, 4, column);
    and_more(key.places.size() - rows.size(), 4);
    if (!key.users.empty()) {
      std::string users(voice_("used by ", "使用者："));
      const std::size_t most_users = most(6);
      for (std::size_t i = 0; i < key.users.size() && i < most_users; ++i) {
        if (i > 0) users += voice_(", ", "、");
        users += key.users[i];
      }
      if (key.users.size() > most_users)
        users += voice_.chinese() ? " 等 " + std::to_string(key.users.size()) + " 项"
                                  : " and " + std::to_string(key.users.size() - most_users) + " more";
      prose(users, 4, Ink::dim);
    }
  }

  void tools() {
    if (inventory_.connections.empty()) return;
    std::vector<const ConnectionEntry*> wrong;
    std::vector<const ConnectionEntry*> right;
    for (const ConnectionEntry& connection : inventory_.connections)
      (connection.wrong() ? wrong : right).push_back(&connection);
    std::string remark;
    if (!wrong.empty()) remark = voice_.count(wrong.size(), "wrong", "wrong", "处有误");
    if (!right.empty()) {
      if (!remark.empty()) remark += voice_.comma();
      remark += voice_.count(right.size(), "right", "right", "处无误");
    }
    heading(voice_("What each tool talks to", "各工具实际连接的地址"), remark);
    const std::size_t most_wrong = most(8);
    for (std::size_t i = 0; i < wrong.size() && i < most_wrong; ++i) one_connection(*wrong[i]);
    and_more(wrong.size() - std::min(wrong.size(), most_wrong), 2);
    if (options_.verbose) {
      for (const ConnectionEntry* connection : right) one_connection(*connection);
    } else if (!right.empty()) {
      prose(folded(right), 2, Ink::good);
    }
    lines_.emplace_back();
  }

  // "right: Cline (plan, act) → api.moonshot.ai, …"
  std::string folded(const std::vector<const ConnectionEntry*>& right) const {
    std::vector<std::pair<std::string, std::vector<std::string>>> tools;
    std::map<std::string, std::size_t> at;
    for (const ConnectionEntry* connection : right) {
      const std::string host = connection->host.empty() ? target_words(*connection, options_.language) : utf8_name(connection->host);
      const std::string name = utf8_name(connection->title) + " → " + host;
      const auto [known, fresh] = at.try_emplace(name, tools.size());
      if (fresh) tools.push_back({name, {}});
      tools[known->second].second.push_back(connection->slot);
    }
    std::string text(voice_("right: ", "无误："));
    for (std::size_t i = 0; i < tools.size(); ++i) {
      if (i > 0) text += voice_(", ", "、");
      text += tools[i].first;
      if (tools[i].second.size() > 1) text += " ×" + std::to_string(tools[i].second.size());
    }
    return text;
  }

  void one_connection(const ConnectionEntry& connection) {
    const Severity worst = connection.worst();
    const bool wrong = connection.wrong();
    // What may not do what is meant is no certain fault.
    const std::string mark(wrong && worst == Severity::low ? voice_("CHECK", "留意")
                           : wrong                         ? voice_("WRONG", "有误")
                                                           : voice_("right", "无误"));
    const std::string name = printable_line(connection_name(connection));
    std::string remark;
    if (!connection.active) remark = voice_("not in use now", "当前未使用");
    if (connection.followed) remark = voice_("judged where it is written", "在其写入处判定");
    const int room = width_ - 4 - display_width(mark);
    std::string line = "  " + paint_(wrong ? ink_of(worst) : Ink::good, mark) + "  " + paint_(Ink::bold, shortened(name, room));
    if (!remark.empty() && display_width(name) + 2 + display_width(remark) <= room) line += "  " + paint_(Ink::dim, remark);
    lines_.push_back(std::move(line));
    for (const std::string& verdict : verdict_words(connection, rulebook_, options_.language)) prose(verdict, 6, ink_of(worst));
    struct Row {
      std::string_view label;
      std::string value;
      std::string from;
    };
    std::string target = target_words(connection, options_.language);
    if (!connection.protocol.empty()) target = utf8_name(connection.protocol) + "  " + target;
    std::vector<Row> rows = {{voice_("to", "地址"), target, source_words(connection.url, options_.language)}};
    if (!connection.key.source.empty())
      rows.push_back({voice_("key", "密钥"), utf8_name(connection.key.value), source_words(connection.key, options_.language)});
    else
      rows.push_back({voice_("key", "密钥"), std::string(voice_("none", "无")), ""});
    if (!connection.model.value.empty())
      rows.push_back({voice_("model", "模型"), utf8_name(connection.model.value), source_words(connection.model, options_.language)});
    int column = 0;
    for (const Row& row : rows) column = std::max(column, display_width(printable_line(row.value)));
    column = std::min(column, width_ / 2);
    for (const Row& row : rows) pair(padded(row.label, 7) + row.value, row.from, 6, column + 7, 7);
  }

  const Inventory& inventory_;
  const Rulebook& rulebook_;
  const Options& options_;
  Voice voice_;
  Paint paint_;
  int width_;
  Lines lines_;
};

Json setting_facts(const SettingPlace& part) {
  Json object{{"value", utf8_name(part.value)}, {"source", part.source}};
  if (!part.path.empty()) object["path"] = utf8_name(part.path);
  if (part.line > 0) object["line"] = part.line;
  if (!part.key_path.empty()) object["keyPath"] = utf8_name(part.key_path);
  return object;
}

// A label's text: quotes and what Mermaid or HTML would take for its own become entities.
std::string label(std::string_view text) {
  std::string out;
  for (const char c : printable_line(text)) {
    switch (c) {
      case '"': out += "#quot;"; break;
      case '#': out += "#35;"; break;
      case '<': out += "#lt;"; break;
      case '>': out += "#gt;"; break;
      case '&': out += "#amp;"; break;
      case '`': out += "#96;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> inventory_lines(const Inventory& inventory, const Rulebook& rulebook, const Options& options) {
  return Tables(inventory, rulebook, options).lines();
}

Json inventory_facts(const Inventory& inventory) {
  Json keys = Json::array();
  for (const KeyEntry& key : inventory.keys) {
    Json places = Json::array();
    for (const KeyPlace& place : key.places) {
      Json object{{"path", utf8_name(place.path)}, {"kind", name(place.kind)}};
      if (place.line > 0) object["line"] = place.line;
      if (place.mode != 0) object["mode"] = mode_words(place.mode);
      if (!place.changed.empty()) object["changed"] = place.changed;
      places.push_back(std::move(object));
    }
    Json users = Json::array();
    for (const std::string& user : key.users) users.push_back(utf8_name(user));
    Json object{{"secretSha256", key.id},  {"masked", key.masked},       {"secretKind", key.kind},
                {"realm", key.realm},      {"severity", name(key.worst)}, {"places", std::move(places)},
                {"usedBy", std::move(users)}};
    if (!key.since.empty()) object["sinceAtLeast"] = key.since;
    keys.push_back(std::move(object));
  }
  Json connections = Json::array();
  for (const ConnectionEntry& connection : inventory.connections) {
    Json verdicts = Json::array();
    for (const VerdictEntry& verdict : connection.verdicts)
      verdicts.push_back({{"ruleId", verdict.rule}, {"severity", name(verdict.severity)}, {"confidence", name(verdict.confidence)}});
    Json object{{"tool", connection.tool},
                {"title", utf8_name(connection.title)},
                {"slot", utf8_name(connection.slot)},
                {"provider", utf8_name(connection.provider)},
                {"protocol", utf8_name(connection.protocol)},
                {"scope", connection.scope},
                {"active", connection.active},
                {"host", utf8_name(connection.host)},
                {"hostPath", utf8_name(connection.host_path)},
                {"verdict", connection.wrong() ? "wrong" : connection.followed ? "followed" : "right"},
                {"faults", std::move(verdicts)}};
    if (!connection.url.source.empty()) object["url"] = setting_facts(connection.url);
    if (!connection.key.source.empty()) object["key"] = setting_facts(connection.key);
    if (!connection.key_id.empty()) object["secretSha256"] = connection.key_id;
    if (!connection.model.source.empty()) object["model"] = setting_facts(connection.model);
    connections.push_back(std::move(object));
  }
  return {{"home", utf8_name(inventory.home)},
          {"system", inventory.system},
          {"tools", inventory.tools},
          {"keys", std::move(keys)},
          {"connections", std::move(connections)}};
}

std::string inventory_graph(const Inventory& inventory, const Rulebook& rulebook, const Options& options) {
  const Voice voice(options.language);
  std::string out = "flowchart LR\n";
  std::map<std::string, std::string> keys;
  std::map<std::string, std::string> hosts;
  std::set<std::string> edges;
  std::vector<std::size_t> wrong;
  std::size_t links = 0;
  for (const KeyEntry& key : inventory.keys) {
    const std::string node = "k" + std::to_string(keys.size() + 1);
    keys[key.id] = node;
    const Rule* rule = rulebook.rule(key.rule);
    std::string text = label(key.masked);
    if (rule != nullptr && !rule->title.empty()) text += "<br/>" + label(rule->title.in(voice.language()));
    out += "  " + node + "[\"" + text + "\"]\n";
  }
  std::map<std::string, std::string> tools;
  const auto link = [&](const std::string& from, const std::string& to, const std::string& text, bool bad, bool active) {
    const std::string edge = "  " + from + (active ? " -->" : " -.->") + (text.empty() ? "" : "|\"" + text + "\"|") + " " + to;
    if (!edges.insert(edge).second) return;
    out += edge + "\n";
    if (bad) wrong.push_back(links);
    ++links;
  };
  for (const ConnectionEntry& connection : inventory.connections) {
    const std::string name = connection_name(connection);
    const auto [tool, fresh] = tools.try_emplace(name, "t" + std::to_string(tools.size() + 1));
    if (fresh) out += "  " + tool->second + "(\"" + label(name) + "\")\n";
    const std::string target = connection.host.empty() ? target_words(connection, options.language) : utf8_name(connection.host);
    const auto [host, new_host] = hosts.try_emplace(target, "h" + std::to_string(hosts.size() + 1));
    if (new_host) out += "  " + host->second + "{{\"" + label(target) + "\"}}\n";
    if (const auto key = keys.find(connection.key_id); key != keys.end())
      link(key->second, tool->second, "", connection.wrong(), connection.active);
    link(tool->second, host->second, label(utf8_name(connection.model.value)), connection.wrong(), connection.active);
  }
  if (!wrong.empty()) {
    out += "  linkStyle ";
    for (std::size_t i = 0; i < wrong.size(); ++i) out += (i > 0 ? "," : "") + std::to_string(wrong[i]);
    out += " stroke:#b3142a,stroke-width:2px\n";
  }
  return out;
}

}  // namespace kimiguard::report
