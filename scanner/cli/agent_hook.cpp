#include "scanner/cli/agent_hook.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "scanner/cli/command.h"
#include "scanner/cli/disk_file.h"
#include "scanner/cli/hook_folder.h"
#include "scanner/cli/match_collector.h"
#include "scanner/cli/output.h"
#include "scanner/cli/rulebook_source.h"
#include "scanner/cli/text_scan.h"
#include "scanner/core/finding_id.h"
#include "scanner/report/redactor.h"
#include "scanner/report/terminal.h"
#include "scanner/report/voice.h"

namespace kimiguard::cli {
namespace {

using Json = nlohmann::ordered_json;
using report::Voice;

constexpr int kBlock = 2;
constexpr int kNote = 1;
constexpr int kMaxDepth = 64;
constexpr std::size_t kLongestEvent = std::size_t{256} << 20;
constexpr std::string_view kCommand = "hook run claude-code";
constexpr const char* kEvents[] = {"UserPromptSubmit", "PreToolUse"};

void say(const std::string& text) { static_cast<void>(write_all(STDERR_FILENO, text)); }

// Discarded if it is no JSON or nested too deep (writing and walking a tree recurse).
Json parse_bounded(std::string_view text) {
  bool deep = false;
  Json value = Json::parse(
      text.begin(), text.end(),
      [&](int depth, Json::parse_event_t, Json&) {
        deep = deep || depth > kMaxDepth;
        return depth <= kMaxDepth;
      },
      false);
  return deep ? Json(Json::value_t::discarded) : value;
}

// REQUIRES: `value` is nested at most kMaxDepth deep.
void add_texts(const Json& value, const std::string& name, std::string& out) {
  if (value.is_string()) {
    if (!name.empty()) out += name + " = ";
    out += value.get_ref<const std::string&>();
    out += '\n';
  } else if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) add_texts(inner, key, out);
  } else if (value.is_array()) {
    for (const auto& inner : value) add_texts(inner, name, out);
  }
}

std::string settings_file(bool project) {
  if (project) return absolute_path(".claude/settings.json");
  if (const char* moved = std::getenv("CLAUDE_CONFIG_DIR"); moved != nullptr && *moved == '/')
    return std::string(moved) + "/settings.json";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "" : home) + "/.claude/settings.json";
}

std::string command_line(bool project) {
  // A project's settings go to others: no path of this machine in them.
  const std::string program = own_program();
  if (project || program.empty()) return "kimiguard " + std::string(kCommand);
  const bool plain =
      program.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./+") ==
      std::string::npos;
  return (plain ? program : "'" + program + "'") + " " + std::string(kCommand);
}

bool is_ours(const Json& hook) {
  return hook.is_object() && hook.contains("command") && hook["command"].is_string() &&
         hook["command"].get_ref<const std::string&>().ends_with(std::string(kCommand)) &&
         hook["command"].get_ref<const std::string&>().find("kimiguard") != std::string::npos;
}

Json entry_for(std::string_view event, const std::string& command) {
  Json entry;
  if (event == "PreToolUse") entry["matcher"] = "*";
  entry["hooks"] = Json::array({Json{{"type", "command"}, {"command", command}}});
  return entry;
}

// Takes our commands out of one event's list; entries that hold nothing else go too.
bool take_out(Json& list) {
  bool changed = false;
  Json kept = Json::array();
  for (Json& entry : list) {
    if (!entry.is_object() || !entry.contains("hooks") || !entry["hooks"].is_array()) {
      kept.push_back(std::move(entry));
      continue;
    }
    Json hooks = Json::array();
    bool taken = false;
    for (Json& hook : entry["hooks"]) {
      if (is_ours(hook))
        taken = true;
      else
        hooks.push_back(std::move(hook));
    }
    changed = changed || taken;
    if (hooks.empty() && taken) continue;
    entry["hooks"] = std::move(hooks);
    kept.push_back(std::move(entry));
  }
  list = std::move(kept);
  return changed;
}

// The settings as they are; an empty object where there is no file.
Result<Json> read_settings(const std::string& file, std::string& bytes) {
  if (!is_there(file)) return Json::object();
  auto text = read_whole_file(file, std::size_t{16} << 20);
  if (!text) return text.error();
  bytes = *text;
  if (text->find_first_not_of(" \t\r\n") == std::string::npos) return Json::object();
  Json value = parse_bounded(*text);
  if (!value.is_object())
    return Error{"not-json", file +
                                 " is not plain JSON (a comment, a missing comma?); add the lines by "
                                 "hand: run this without --apply"};
  return value;
}

// Keeps the file's mode, and the old bytes beside it.
Status write_settings(const std::string& file, const std::string& before, const Json& settings) {
  const std::string folder = file.substr(0, file.rfind('/'));
  if (!is_there(folder) && ::mkdir(folder.c_str(), 0755) != 0)
    return Error{"unwritable", "cannot make " + folder + ": " + std::strerror(errno)};
  std::string target = file;
  // Written through a link, so that a linked dotfile stays one.
  if (char* real = ::realpath(file.c_str(), nullptr); real != nullptr) {
    target = real;
    std::free(real);
  }
  if (!before.empty()) {
    const std::string kept = target + ".before-kimiguard";
    if (const Status written = write_file(kept, before); !written) return written;
    struct stat status {};
    // Settings may hold a key.
    if (::stat(target.c_str(), &status) == 0) ::chmod(kept.c_str(), status.st_mode & 0777);
  }
  return write_file(target, settings.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

int print(const std::string& text, int status) {
  const Status written = write_all(STDOUT_FILENO, text);
  return written ? status : usage_error(written.error().message);
}

}  // namespace

AgentEvent read_agent_event(std::string_view json) {
  AgentEvent event;
  const Json value = parse_bounded(json);
  if (!value.is_object()) return event;
  const auto text_of = [&](const char* key) {
    const auto found = value.find(key);
    return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  event.name = text_of("hook_event_name");
  event.tool = text_of("tool_name");
  event.ok = !event.name.empty() || value.contains("prompt") || value.contains("tool_input");
  for (const char* key : {"prompt", "tool_input"})
    if (const auto found = value.find(key); found != value.end()) add_texts(*found, "", event.text);
  return event;
}

int run_claude_code_hook(const std::string& language) {
  const Voice voice(language);
  const auto note = [&](const std::string& why) {
    say("kimiguard: " + report::Redactor()(why) +
        std::string(voice("; this was let through unchecked.\n", "；未检查，已放行。\n")));
    return kNote;
  };
  auto json = read_whole_file("-", kLongestEvent);
  if (!json) return note(json.error().message);
  const AgentEvent event = read_agent_event(*json);
  if (!event.ok)
    return note(std::string(
        voice("standard input holds no event of Claude Code", "标准输入不是 Claude Code 的事件")));
  if (event.text.empty()) return 0;
  auto rules = RulebookSource::open({});
  if (!rules) return note(rules.error().message);
  auto detection = (*rules)->detection();
  if (!detection) return note(detection.error().message);
  detect::Detector detector(*detection);
  std::vector<detect::Window> windows;
  detector.find(event.text, windows);
  if (windows.empty()) return 0;
  TextPlace place;
  place.path = event.tool.empty() ? "prompt" : event.tool;
  place.exposure.place = PlaceKind::standard_input;
  std::string keys;
  for (const Finding& finding : TextScan(*detection, (*rules)->rulebook()).findings(event.text, place)) {
    if (!finding.secret || finding.severity < Severity::medium) continue;
    const std::string one =
        finding.secret->masked() + " (" + finding_id(finding).substr(0, kShownIdDigits) + ")";
    if (keys.find(one) == std::string::npos) keys += (keys.empty() ? "" : ", ") + one;
  }
  if (keys.empty()) return 0;
  const std::string tool = report::Redactor()(report::printable_line(event.tool)).substr(0, 80);
  if (event.tool.empty())
    say(std::string(voice("kimiguard stopped this prompt: it holds a Kimi key, ",
                          "kimiguard 阻止了这条输入：其中含有 Kimi 密钥 ")) +
        keys +
        std::string(voice(".\nA prompt goes to the model's provider and into this machine's "
                          "transcripts. Send it again without the key; name the variable "
                          "or the file that holds it instead. If the key was pasted anywhere else, "
                          "rotate it: kimiguard explain kimi-code-key\n",
                          "。\n输入会发给模型提供方并写入本机的会话记录。请去掉密钥后重新发送，改为说明"
                          "存放它的变量或文件。若密钥已粘贴到别处，请轮换：kimiguard "
                          "explain kimi-code-key\n")));
  else
    say(std::string(voice("kimiguard stopped the tool ", "kimiguard 阻止了工具 ")) + tool +
        std::string(voice(": its input holds a Kimi key, ", "：其输入含有 Kimi 密钥 ")) + keys +
        std::string(voice(".\nDo not write the key out: let the program read it from the environment "
                          "variable or file that holds it already, and tell the user "
                          "that the key has been in this conversation.\n",
                          "。\n不要写出密钥：让程序从已有的环境变量或文件读取，并告知用户该密钥曾出现在"
                          "本次对话中。\n")));
  return kBlock;
}

int install_claude_code_hook(const AgentHookChoice& choice) {
  const Voice voice(choice.language);
  const std::string file = settings_file(choice.project);
  const std::string command = command_line(choice.project);
  if (!choice.apply) {
    Json wanted;
    for (const char* event : kEvents) wanted["hooks"][event] = Json::array({entry_for(event, command)});
    std::string out(voice("Add to ", "请加入 "));
    out += report::printable_line(file);
    out += voice(" (or run this again with --apply):\n\n", "（或加 --apply 重新运行）：\n\n");
    out += wanted.dump(2) + "\n\n";
    out += voice(
        "A prompt or tool input that holds a Kimi key is then stopped before it is sent. Nothing was "
        "written.\n",
        "此后含有 Kimi 密钥的输入或工具参数会在发出前被阻止。本次没有写入任何文件。\n");
    return print(out, 0);
  }
  std::string before;
  auto settings = read_settings(file, before);
  if (!settings) return usage_error(settings.error().message);
  Json wanted = *settings;
  if (wanted.contains("hooks") && !wanted["hooks"].is_object())
    return usage_error(file + " holds \"hooks\" that are no object; add the lines by hand");
  for (const char* event : kEvents) {
    Json& list = wanted["hooks"][event];
    if (list.is_null()) list = Json::array();
    if (!list.is_array())
      return usage_error(file + " holds hooks of " + event + " that are no list; add the lines by hand");
    const Json entry = entry_for(event, command);
    if (std::find(list.begin(), list.end(), entry) != list.end()) continue;
    take_out(list);
    list.push_back(entry);
  }
  if (wanted == *settings)
    return print(report::printable_line(file) + std::string(voice(": in place already\n", "：已就绪\n")),
                 0);
  if (const Status written = write_settings(file, before, wanted); !written)
    return usage_error(written.error().message);
  std::string out(voice("Written to ", "已写入 "));
  out += report::printable_line(file);
  out += before.empty() ? ""
                        : voice("; the file as it was is beside it, .before-kimiguard",
                                "；原文件保存在旁边的 .before-kimiguard");
  out += voice(".\nTo undo: kimiguard hook uninstall claude-code --apply",
               "。\n如需撤销：kimiguard hook uninstall claude-code --apply");
  out += choice.project ? " --project\n" : "\n";
  return print(out, 0);
}

int uninstall_claude_code_hook(const AgentHookChoice& choice) {
  const Voice voice(choice.language);
  const std::string file = settings_file(choice.project);
  std::string before;
  auto settings = read_settings(file, before);
  if (!settings) return usage_error(settings.error().message);
  Json wanted = *settings;
  bool changed = false;
  if (wanted.contains("hooks") && wanted["hooks"].is_object()) {
    for (auto& [event, list] : wanted["hooks"].items())
      if (list.is_array() && take_out(list)) changed = true;
    for (const char* event : kEvents)
      if (changed && wanted["hooks"].contains(event) && wanted["hooks"][event].empty())
        wanted["hooks"].erase(event);
    if (changed && wanted["hooks"].empty()) wanted.erase("hooks");
  }
  if (!changed)
    return print(report::printable_line(file) + std::string(voice(": no hook of kimiguard's is in it\n",
                                                                  "：其中没有 kimiguard 的钩子\n")),
                 0);
  if (!choice.apply)
    return print(std::string(voice("Remove the entries with \"", "请从 ")) +
                     (voice.chinese() ? report::printable_line(file) + " 中删除含有 \"" : "") +
                     std::string(kCommand) +
                     std::string(voice("\" from ", "\" 的条目（或加 --apply 重新运行）。\n")) +
                     (voice.chinese() ? ""
                                      : report::printable_line(file) +
                                            ", or run this again with --apply. Nothing was written.\n"),
                 0);
  if (const Status written = write_settings(file, before, wanted); !written)
    return usage_error(written.error().message);
  return print(report::printable_line(file) + std::string(voice(": taken away\n", "：已移除\n")), 0);
}

}  // namespace kimiguard::cli
