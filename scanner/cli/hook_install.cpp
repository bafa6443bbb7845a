#include "scanner/cli/hook_install.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "scanner/cli/command.h"
#include "scanner/cli/disk_file.h"
#include "scanner/cli/hook_folder.h"
#include "scanner/cli/hook_script.h"
#include "scanner/cli/output.h"
#include "scanner/report/terminal.h"
#include "scanner/report/voice.h"

namespace kimiguard::cli {
namespace {

using report::Voice;

constexpr std::size_t kLongestHook = std::size_t{16} << 20;

std::string shown(const std::string& text) { return report::printable_line(text); }

// Lines for people, printed at the end.
class Told {
 public:
  explicit Told(std::string_view language) : voice(language) {}
  void say(const std::string& en, const std::string& zh) { text_ += std::string(voice(en, zh)) + "\n"; }
  void lines(const std::string& text) { text_ += text; }
  int end(int status) {
    const Status written = write_all(STDOUT_FILENO, text_);
    return written ? status : usage_error(written.error().message);
  }
  Voice voice;

 private:
  std::string text_;
};

// Atomically, as an executable. The folder is made if it is not there.
Status write_script(const std::string& path, const std::string& text) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  const std::string partial = path + ".kimiguard-new";
  ::unlink(partial.c_str());
  if (const Status written = write_file(partial, text); !written) return written;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::chmod(partial.c_str(), 0777 & ~mask) != 0 || ::rename(partial.c_str(), path.c_str()) != 0) {
    const int why = errno;
    ::unlink(partial.c_str());
    return Error{"unwritable", "cannot write " + path + ": " + std::strerror(why)};
  }
  return Nothing{};
}

Result<ReadScript> read_hook(const std::string& path) {
  auto text = read_whole_file(path, kLongestHook);
  if (!text) return text.error();
  return read_script(*text);
}

// One hook of one folder. False: left alone, and said why.
bool install_one(const HookFolder& folder, HookScript script, bool force, Told& told) {
  const std::string path = folder.path + "/" + script.hook;
  const std::string wanted = script_text(script);
  const std::string name = script.hook;
  if (is_there(path)) {
    auto text = read_whole_file(path, kLongestHook);
    if (!text && is_plain_file(path)) {
      told.say(name + ": left alone, " + text.error().message,
               name + "：未改动，" + text.error().message);
      return false;
    }
    const ReadScript read = text ? read_script(*text) : ReadScript{};
    if (read.ours && text && *text == wanted) {
      if (script.checks) told.say(name + ": in place already", name + "：已就绪");
      return true;
    }
    if (read.ours && read.changed) {
      told.say(name + ": left alone, kimiguard's script was changed by hand (" + shown(path) + ")",
               name + "：未改动，kimiguard 的脚本被手工修改过（" + shown(path) + "）");
      return false;
    }
    if (!read.ours) {
      const auto framework = text ? framework_of_hook(folder, *text) : std::nullopt;
      if (framework && !force) {
        told.say(name + ": left alone, " + framework->name +
                     " writes this hook and would overwrite a change. Add to",
                 name + "：未改动，该钩子由 " + framework->name + " 生成，改动会被覆盖。请加入");
        const std::string lines = framework_lines(*framework, name);
        if (lines.empty())
          told.say(
              "  (" + framework->name + " gives this hook no input; --force chains it here instead)",
              "  （" + framework->name + " 不向该钩子传递输入；可用 --force 在此串联）");
        else
          told.lines("  " + lines);
        return false;
      }
      const std::string kept = folder.path + "/" + kept_name(name);
      if (is_there(kept)) {
        told.say(name + ": left alone, both a hook and an older kept one are there (" + shown(kept) +
                     "); move one away",
                 name + "：未改动，已有钩子且旧的备份仍在（" + shown(kept) + "）；请移走其一");
        return false;
      }
      if (::rename(path.c_str(), kept.c_str()) != 0) {
        told.say(name + ": cannot move the hook that is there: " + std::strerror(errno),
                 name + "：无法移动现有钩子：" + std::strerror(errno));
        return false;
      }
      if (const Status written = write_script(path, wanted); !written) {
        ::rename(kept.c_str(), path.c_str());
        told.say(name + ": " + written.error().message, name + "：" + written.error().message);
        return false;
      }
      told.say(
          name + ": installed; the hook that was there runs first (kept as " + kept_name(name) + ")",
          name + "：已安装；原有钩子先运行（保存为 " + kept_name(name) + "）");
      return true;
    }
  }
  if (const Status written = write_script(path, wanted); !written) {
    told.say(name + ": " + written.error().message, name + "：" + written.error().message);
    return false;
  }
  if (script.checks) told.say(name + ": installed", name + "：已安装");
  return true;
}

// False: something of ours could not be taken away. `seen` counts what was ours.
bool uninstall_one(const std::string& folder, const std::string& name, std::size_t& seen, bool quiet,
                   Told& told) {
  const std::string path = folder + "/" + name;
  if (!is_there(path)) return true;
  auto read = read_hook(path);
  if (!read || !read->ours) return true;
  ++seen;
  if (read->changed) {
    told.say(name + ": left alone, the script was changed by hand (" + shown(path) + ")",
             name + "：未改动，脚本被手工修改过（" + shown(path) + "）");
    return false;
  }
  const std::string kept = folder + "/" + kept_name(name);
  const bool had = is_there(kept);
  if ((had ? ::rename(kept.c_str(), path.c_str()) : ::unlink(path.c_str())) != 0) {
    told.say(name + ": " + std::strerror(errno), name + "：" + std::strerror(errno));
    return false;
  }
  if (had)
    told.say(name + ": taken away; the hook that was there before is back",
             name + "：已移除；原有钩子已恢复");
  else if (!quiet)
    told.say(name + ": taken away", name + "：已移除");
  return true;
}

int install_globally(const HookChoice& choice) {
  Told told(choice.language);
  auto set = global_hook_folder();
  if (!set) return usage_error(set.error().message);
  const std::string own = own_global_folder();
  const bool ours = set->empty() || *set == own;
  HookFolder folder;
  folder.path = ours ? own : *set;
  bool all = true;
  for (const std::string& hook : choice.hooks)
    all &= install_one(folder, {hook, own_program(), true, true}, choice.force, told);
  if (ours) {
    // core.hooksPath stands before each repository's own hooks: pass the others on, so that none is
    // lost.
    for (const std::string_view hook : all_hooks()) {
      if (std::find(choice.hooks.begin(), choice.hooks.end(), hook) != choice.hooks.end()) continue;
      if (is_there(folder.path + "/" + std::string(hook))) continue;
      all &= install_one(folder, {std::string(hook), "", true, false}, choice.force, told);
    }
    if (set->empty())
      if (const Status written = set_global_hook_folder(own); !written)
        return usage_error(written.error().message);
    told.say(
        "For every repository of yours: git's core.hooksPath is " + shown(own) +
            ". Each repository's own hooks run too.",
        "对你的所有仓库生效：git 的 core.hooksPath 为 " + shown(own) + "。各仓库自己的钩子也会运行。");
  } else {
    told.say("For every repository of yours, in the folder that core.hooksPath named already: " +
                 shown(folder.path),
             "对你的所有仓库生效，位于 core.hooksPath 已指定的目录：" + shown(folder.path));
  }
  told.say(
      "A repository that sets core.hooksPath itself (husky does) is not covered: run 'kimiguard hook "
      "status' in it.",
      "自行设置 core.hooksPath 的仓库（如使用 husky）不受此覆盖：请在其中运行 kimiguard hook status。");
  return told.end(all ? 0 : 1);
}

int uninstall_globally(const HookChoice& choice) {
  Told told(choice.language);
  auto set = global_hook_folder();
  if (!set) return usage_error(set.error().message);
  const std::string own = own_global_folder();
  const std::string folder = set->empty() ? own : *set;
  bool all = true;
  std::size_t seen = 0;
  for (const std::string_view hook : all_hooks())
    all &= uninstall_one(folder, std::string(hook), seen, !is_checked_hook(hook), told);
  if (all && *set == own) {
    if (const Status written = set_global_hook_folder(""); !written)
      return usage_error(written.error().message);
    ::rmdir(own.c_str());
    told.say("core.hooksPath is no longer set; each repository's own hooks count again.",
             "已取消 core.hooksPath；各仓库自己的钩子恢复生效。");
  }
  if (seen == 0)
    told.say("No hook of kimiguard's is installed for all repositories.",
             "没有为所有仓库安装 kimiguard 的钩子。");
  return told.end(all ? 0 : 1);
}

std::string state_of(const HookFolder& folder, const std::string& hook, bool& active,
                     const Voice& voice) {
  const std::string path = folder.path + "/" + hook;
  active = false;
  if (!is_there(path)) return std::string(voice("not installed", "未安装"));
  auto text = read_whole_file(path, kLongestHook);
  if (!text) return text.error().message;
  const bool runs = ::access(path.c_str(), X_OK) == 0;
  const ReadScript read = read_script(*text);
  if (read.ours && read.script.checks) {
    if (!runs)
      return std::string(voice("installed, but not executable: git skips it (chmod +x)",
                               "已安装但不可执行，git 会跳过它（chmod +x）"));
    const bool there = read.script.program.empty() || ::access(read.script.program.c_str(), X_OK) == 0;
    active = true;
    std::string state(voice("installed", "已安装"));
    if (is_there(folder.path + "/" + kept_name(hook)))
      state += std::string(voice(", another hook runs first", "，另一钩子先运行"));
    if (read.changed) state += std::string(voice(", changed by hand", "，被手工修改过"));
    if (!there)
      state += std::string(voice(", but ", "，但 ")) + shown(read.script.program) +
               std::string(voice(" is gone: kimiguard on PATH is used, or git is stopped",
                                 " 已不存在：改用 PATH 上的 kimiguard，否则会阻止 git"));
    return state;
  }
  // Somebody else's hook may call us.
  if (runs && text->find("kimiguard hook run " + hook) != std::string::npos) {
    active = true;
    return std::string(voice("another hook calls kimiguard", "由其他钩子调用 kimiguard"));
  }
  if (const auto framework = framework_of_hook(folder, *text))
    return std::string(voice("written by ", "由 ")) + framework->name +
           std::string(voice("; look into ", " 生成；请查看 ")) + framework->where;
  return std::string(voice("another hook is there; 'kimiguard hook install' runs it first",
                           "已有其他钩子；kimiguard hook install 会让它先运行"));
}

}  // namespace

int install_hooks(const HookChoice& choice) {
  if (choice.global) return install_globally(choice);
  Told told(choice.language);
  auto folder = hook_folder();
  if (!folder) return usage_error(folder.error().message);
  if (const auto framework = framework_of_folder(*folder); framework && !choice.force) {
    told.say(framework->name +
                 " keeps this repository's hooks and writes its folder anew, so nothing was changed. "
                 "Add a line to each of",
             "本仓库的钩子由 " + framework->name +
                 " 管理，其目录会被重新生成，因此未做改动。请在以下文件中各加一行");
    for (const std::string& hook : choice.hooks) told.lines("  " + framework_lines(*framework, hook));
    return told.end(1);
  }
  if (!folder->set_by.empty() && folder->set_by != "local" && folder->set_by != "worktree" &&
      !choice.force) {
    const bool own = folder->path == own_global_folder();
    bool active = false;
    static_cast<void>(state_of(*folder, "pre-commit", active, told.voice));
    if (own && active) {
      told.say("Nothing to do: kimiguard is installed for all your repositories (" +
                   shown(folder->path) + ").",
               "无需更改：已为你的所有仓库安装 kimiguard（" + shown(folder->path) + "）。");
      return told.end(0);
    }
    told.say("git takes the hooks of this and every other repository from " + shown(folder->path) +
                 " (core.hooksPath, " + folder->set_by +
                 "), so nothing was changed. Install there with 'kimiguard hook install --global'.",
             "git 对本仓库及其他所有仓库都使用 " + shown(folder->path) + " 中的钩子（core.hooksPath，" +
                 folder->set_by + "），因此未做改动。可用 kimiguard hook install --global 安装到该处。");
    return told.end(1);
  }
  bool all = true;
  // A folder in the work tree goes to others with the commit: no path of this machine in it.
  for (const std::string& hook : choice.hooks)
    all &= install_one(*folder, {hook, folder->in_work_tree ? "" : own_program(), false, true},
                       choice.force, told);
  told.say("Folder: " + shown(folder->path) + ". 'kimiguard hook uninstall' puts everything back.",
           "目录：" + shown(folder->path) + "。kimiguard hook uninstall 可恢复原状。");
  if (folder->in_work_tree)
    told.say("It is part of the work tree: commit it, and everybody else needs kimiguard on PATH too.",
             "该目录属于工作区：请提交它；其他人也需要在 PATH 中安装 kimiguard。");
  return told.end(all ? 0 : 1);
}

int uninstall_hooks(const HookChoice& choice) {
  if (choice.global) return uninstall_globally(choice);
  Told told(choice.language);
  auto folder = hook_folder();
  if (!folder) return usage_error(folder.error().message);
  if (folder->path == own_global_folder()) {
    told.say(
        "This repository's hooks are those for all repositories; take them away with 'kimiguard hook "
        "uninstall --global'.",
        "本仓库使用的是面向所有仓库的钩子；请用 kimiguard hook uninstall --global 移除。");
    return told.end(1);
  }
  bool all = true;
  std::size_t seen = 0;
  for (const std::string_view hook : all_hooks())
    all &= uninstall_one(folder->path, std::string(hook), seen, false, told);
  if (seen == 0)
    told.say("No hook of kimiguard's is in " + shown(folder->path) + ".",
             shown(folder->path) + " 中没有 kimiguard 的钩子。");
  return told.end(all ? 0 : 1);
}

int hooks_status(const HookChoice& choice) {
  Told told(choice.language);
  const Voice& voice = told.voice;
  Result<HookFolder> folder = hook_folder();
  if (choice.global) {
    auto set = global_hook_folder();
    if (!set) return usage_error(set.error().message);
    HookFolder made;
    made.path = set->empty() ? own_global_folder() : *set;
    if (set->empty())
      told.say("core.hooksPath is not set for all repositories.", "未对所有仓库设置 core.hooksPath。");
    folder = made;
  }
  if (!folder) return usage_error(folder.error().message);
  std::string where =
      std::string(voice("Folder", "目录")) + std::string(voice.colon()) + shown(folder->path);
  if (!folder->set_by.empty()) where += " (core.hooksPath, " + folder->set_by + ")";
  told.lines(where + "\n");
  bool pre_commit = false;
  for (const char* hook : {"pre-commit", "pre-push", "commit-msg", "pre-receive"}) {
    bool active = false;
    const std::string state = state_of(*folder, hook, active, voice);
    if (std::string_view(hook) == "pre-commit") pre_commit = active;
    // Only servers have it.
    if (std::string_view(hook) == "pre-receive" && !active) continue;
    told.lines("  " + report::padded(hook, 13) + state + "\n");
  }
  if (const auto framework = framework_of_folder(*folder); framework) {
    bool called = false;
    auto text = read_whole_file(folder->work_tree + "/.husky/pre-commit", kLongestHook);
    called = text && text->find("kimiguard") != std::string::npos;
    pre_commit = pre_commit || called;
    told.say(framework->name + " keeps the hooks" +
                 (called ? "; .husky/pre-commit calls kimiguard"
                         : "; 'kimiguard hook install' tells what to add"),
             "钩子由 " + framework->name + " 管理" +
                 (called ? "；.husky/pre-commit 已调用 kimiguard"
                         : "；kimiguard hook install 会说明要加什么"));
  }
  return told.end(pre_commit ? 0 : 1);
}

}  // namespace kimiguard::cli
