#include "scanner/config/reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "scanner/config/builder.h"
#include "scanner/config/formats.h"
#include "scanner/core/lowered.h"

namespace kimiguard::config {
namespace {

constexpr std::array<std::string_view, 21> kNames = {
    "json",  "jsonc",   "json5",      "jsonl",      "yaml",  "toml",    "dotenv",
    "shell", "fish",    "nushell",    "powershell", "cmd",   "crontab", "dockerfile",
    "ini",   "systemd", "properties", "xml",        "plist", "netrc",   "notebook"};
static_assert(kNames.size() == static_cast<std::size_t>(Format::notebook) + 1);

// UTF-16 as UTF-8, and where each byte of the result came from.
struct Transcoded {
  std::string text;
  std::vector<std::uint32_t> origin;  // one for each byte of text, and one for its end
};

Transcoded from_utf16(std::string_view bytes, bool little) {
  Transcoded out;
  const auto unit = [&](std::size_t at) -> std::uint32_t {
    const auto a = static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]));
    const auto b = static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + 1]));
    return little ? a | b << 8 : b | a << 8;
  };
  std::size_t at = 0;
  while (at + 1 < bytes.size()) {
    const std::size_t begin = at;
    std::uint32_t code = unit(at);
    at += 2;
    if (code >= 0xD800 && code < 0xDC00 && at + 1 < bytes.size()) {
      const std::uint32_t low = unit(at);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at += 2;
      }
    }
    append_utf8(out.text, code);
    out.origin.resize(out.text.size(), static_cast<std::uint32_t>(begin));
  }
  out.origin.push_back(static_cast<std::uint32_t>(at));
  return out;
}

void dispatch(Builder& builder, Format format) {
  switch (format) {
    case Format::json:
    case Format::jsonc:
    case Format::json5:
      return read_json(builder, false);
    case Format::jsonl:
      return read_json(builder, true);
    case Format::yaml:
      return read_yaml(builder);
    case Format::toml:
      return read_toml(builder);
    case Format::dotenv:
      return read_dotenv(builder);
    case Format::shell:
      return read_shell(builder);
    case Format::fish:
      return read_fish(builder);
    case Format::nushell:
      return read_nushell(builder);
    case Format::powershell:
      return read_powershell(builder);
    case Format::cmd:
      return read_cmd(builder);
    case Format::crontab:
      return read_crontab(builder);
    case Format::dockerfile:
      return read_dockerfile(builder);
    case Format::ini:
      return read_ini(builder);
    case Format::systemd:
      return read_systemd(builder);
    case Format::properties:
      return read_properties(builder);
    case Format::xml:
      return read_xml(builder);
    case Format::plist:
      return read_plist(builder);
    case Format::netrc:
      return read_netrc(builder);
    case Format::notebook:
      return read_notebook(builder);
  }
}

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Takes endings away that say "an older copy of": "" if there is none.
std::string without_backup_ending(const std::string& name) {
  if (name.size() > 1 && name.back() == '~') return name.substr(0, name.size() - 1);
  if (name.size() > 2 && name.front() == '#' && name.back() == '#')
    return name.substr(1, name.size() - 2);
  for (const std::string_view mark :
       {".bak", ".backup", ".orig", ".old", ".save", ".tmp", ".migrated", ".ccr-original", ".ccr-backup",
        ".sample", ".example", ".template", ".dist", ".disabled", ".local", ".swp", ".rej"}) {
    const std::size_t at = name.rfind(mark);
    if (at == std::string::npos || at == 0) continue;
    const std::string_view rest = std::string_view(name).substr(at + mark.size());
    if (rest.empty() || rest[0] == '.' || rest[0] == '-' || rest[0] == '_' || all_digits(rest))
      return name.substr(0, at);
  }
  // "settings.json.2024-11-02" and the like: digits, dots, dashes after the last letters.
  const std::size_t dot = name.rfind('.');
  if (dot != std::string::npos && dot > 0 && all_digits(std::string_view(name).substr(dot + 1)))
    return name.substr(0, dot);
  return "";
}

std::optional<Format> format_of_name(const std::string& name, const std::string& path) {
  const auto ends = [&name](std::string_view ending) { return name.ends_with(ending); };
  const auto is = [&name](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto below = [&path](std::string_view folder) { return path.find(folder) != std::string::npos; };

  if (is({".envrc"})) return Format::shell;
  if (name == ".env" || name.starts_with(".env.") || ends(".env") ||
      is({".flaskenv", ".secrets", ".dev.vars", "env"})) {
    if (name != "env" || below("/.")) return Format::dotenv;
  }
  if (name == "environment" && below("/etc/")) return Format::dotenv;
  if (ends(".conf") && below("environment.d/")) return Format::dotenv;
  if (ends(".ipynb")) return Format::notebook;
  if (ends(".jsonl") || ends(".ndjson")) return Format::jsonl;
  if (ends(".json5")) return Format::json5;
  if (ends(".jsonc") || ends(".code-workspace") || ends(".code-profile")) return Format::jsonc;
  if (ends(".json") || ends(".webmanifest") || ends(".har") || ends(".http-client.env.json") ||
      is({".babelrc", ".eslintrc", ".prettierrc", ".claude.json", ".continuerc", "composer.lock"}))
    return Format::json;
  if (ends(".yaml") || ends(".yml") || ends(".yaml.gotmpl") ||
      is({".clang-format", ".condarc", ".yarnrc.yml", "fish_history"}))
    return Format::yaml;
  if (ends(".toml") || is({"pipfile", "cargo.lock", "poetry.lock", "uv.lock"})) return Format::toml;
  if (is({"credentials"}) && below(".cargo/")) return Format::toml;
  if (ends(".fish") || name == "fish_variables") return Format::fish;
  if (ends(".nu")) return Format::nushell;
  if (ends(".ps1") || ends(".psm1") || ends(".psd1") || name == "consolehost_history.txt")
    return Format::powershell;
  if (ends(".cmd") || ends(".bat")) return Format::cmd;
  if (ends(".sh") || ends(".bash") || ends(".zsh") || ends(".ksh") || ends(".csh") ||
      ends(".zsh-theme") ||
      is({".bashrc",  ".bash_profile", ".bash_login",  ".bash_logout", ".bash_aliases", ".profile",
          ".zshrc",   ".zshenv",       ".zprofile",    ".zlogin",      ".zlogout",      ".kshrc",
          ".mkshrc",  ".cshrc",        ".tcshrc",      ".login",       ".xprofile",     ".xsessionrc",
          ".xinitrc", ".bash_history", ".zsh_history", ".sh_history",  ".ash_history",  ".history",
          "crushrc",  ".crushrc",      "profile",      "bashrc",       "bash.bashrc",   "zshrc",
          "zshenv",   "pkgbuild"}))
    return Format::shell;
  if (name == "netrc" || name == ".netrc" || name == "_netrc" || name == ".authinfo")
    return Format::netrc;
  if (name == "crontab" || below("/cron.d/") || below("/crontabs/") || ends(".crontab") || ends(".cron"))
    return Format::crontab;
  if (name == "dockerfile" || name.starts_with("dockerfile.") || ends(".dockerfile") ||
      name == "containerfile" || name.starts_with("containerfile."))
    return Format::dockerfile;
  for (const std::string_view unit : {".service", ".timer", ".socket", ".path", ".mount", ".target",
                                      ".slice", ".scope", ".container", ".pod", ".kube", ".nspawn"})
    if (ends(unit)) return Format::systemd;
  if (ends(".conf") && (below("/systemd/") || below(".service.d/"))) return Format::systemd;
  if (ends(".plist")) return Format::plist;
  if (ends(".xml") || ends(".iml") || ends(".xcscheme") || ends(".csproj") || ends(".vcxproj") ||
      ends(".props") || ends(".targets") || ends(".resx") || ends(".xaml") || ends(".xsd") ||
      ends(".config"))
    return Format::xml;
  if (ends(".properties")) return Format::properties;
  if (ends(".ini") || ends(".cfg") || ends(".cnf") || ends(".reg") || ends(".desktop") ||
      ends(".editorconfig") ||
      is({".gitconfig", ".gitmodules", ".npmrc", ".pypirc", ".hgrc", ".wgetrc", ".boto", ".s3cfg",
          "pip.conf", "setup.cfg", "tox.ini", ".pylintrc", ".flake8", ".coveragerc"}))
    return Format::ini;
  if (name == "config" && (below(".git/") || below(".aws/") || below("/git/") || below("/modules/")))
    return Format::ini;
  if (name == "credentials" && below(".aws/")) return Format::ini;
  return std::nullopt;
}

std::optional<Format> format_of_bytes(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (bytes.starts_with("#!")) {
    const std::string line = lowered(bytes.substr(0, std::min(bytes.find('\n'), std::size_t{200})));
    for (const auto& [word, format] :
         {std::pair{"fish", Format::fish}, std::pair{"pwsh", Format::powershell},
          std::pair{"/nu", Format::nushell}, std::pair{" nu", Format::nushell}})
      if (line.find(word) != std::string::npos) return format;
    if (line.ends_with("sh") || line.find("sh ") != std::string::npos ||
        line.find("sh\r") != std::string::npos)
      return Format::shell;
    return std::nullopt;
  }
  if (bytes.starts_with("<?xml") || bytes.starts_with("<!DOCTYPE plist"))
    return bytes.find("<plist") != std::string_view::npos ||
                   bytes.find("DOCTYPE plist") != std::string_view::npos
               ? Format::plist
               : Format::xml;
  if (bytes.starts_with("bplist0")) return Format::plist;
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::nullopt;
  if (bytes[first] == '{') {
    const std::size_t second = bytes.find_first_not_of(" \t\r\n", first + 1);
    if (second != std::string_view::npos &&
        (bytes[second] == '"' || bytes[second] == '}' || bytes[second] == '/'))
      return bytes.find("\"nbformat\"") != std::string_view::npos ? Format::notebook : Format::json;
  }
  if (bytes.starts_with("---\n") || bytes.starts_with("---\r\n") || bytes.starts_with("%YAML"))
    return Format::yaml;
  if (bytes.starts_with("Windows Registry Editor")) return Format::ini;
  return std::nullopt;
}

// Endings of which format_of_name and without_backup_ending know nothing, whatever stands before them. A tree is
// full of such files, and asking a hundred names of each takes longer than scanning it.
bool has_foreign_ending(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos || path.size() - dot > 7 || path.size() - dot < 2) return false;
  // Dockerfile.go, .env.ts, cron.d/job.py
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.starts_with('.') || path.find("cron") != std::string_view::npos) return false;
  for (const std::string_view head : {"ockerfile.", "ontainerfile."})
    if (name.substr(std::min<std::size_t>(1, name.size())).starts_with(head)) return false;
  char ending[8] = {};
  for (std::size_t i = dot + 1; i < path.size(); ++i) {
    const char c = path[i];
    ending[i - dot - 1] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  // Where nothing else stands between dots, more.
  static constexpr std::string_view kOfOne[] = {"diff", "expect", "ico", "jpeg", "lua", "patch", "php", "sql", "tcl", "test", "ttf", "wav"};
  if (name.find('.') == name.rfind('.') && std::binary_search(std::begin(kOfOne), std::end(kOfOne), std::string_view(ending))) return true;
  static constexpr std::string_view kForeign[] = {
      "adoc", "c",   "cc",  "cpp", "cs",  "css",  "gif", "go",  "h",   "hpp",   "html", "java", "jpg", "js",   "jsx", "kt",
      "md",   "mdx", "mjs", "pl",  "pm",  "png",  "po",  "py",  "rb",  "rs",    "scss", "snap", "svg", "swift", "ts", "tsx",
      "vue",  "webp"};
  return std::binary_search(std::begin(kForeign), std::end(kForeign), std::string_view(ending));
}

// What begins with no dot and ends so is of that format, whatever else format_of_name asks: a tree is full of them, too.
std::optional<Format> format_of_common_ending(std::string_view path) {
  const std::string_view name = path.substr(path.find_last_of("/\\") + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.front() == '.') return std::nullopt;
  const std::string_view ending = name.substr(dot + 1);
  if (ending == "sh") return Format::shell;
  if (ending == "json") return Format::json;
  if (ending == "yml" || ending == "yaml") return Format::yaml;
  if (ending == "toml") return Format::toml;
  return std::nullopt;
}

}  // namespace

std::string_view name(Format format) { return kNames[static_cast<std::size_t>(format)]; }

std::optional<Format> format_named(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == text) return static_cast<Format>(i);
  return std::nullopt;
}

Parsed read(std::string_view bytes, Format format, const Limits& limits) {
  // Offsets are kept in 32 bits here and there.
  static constexpr std::uint64_t kMost = 1ull << 30;
  // The two libraries take several times the text's size, and longer for each byte.
  static constexpr std::uint64_t kMostTree = 8ull << 20;
  std::uint64_t most = std::min(limits.bytes, kMost);
  if (format == Format::yaml || format == Format::toml) most = std::min(most, kMostTree);
  const bool cut = bytes.size() > most;
  if (cut) bytes = bytes.substr(0, most);

  const bool little = bytes.starts_with(std::string_view("\xFF\xFE", 2));
  const bool big = bytes.starts_with(std::string_view("\xFE\xFF", 2));
  Transcoded transcoded;
  std::string_view text = bytes;
  if (little || big) {
    transcoded = from_utf16(bytes, little);
    text = transcoded.text;
  }
  // A byte order mark is nothing to any format; only these two libraries take it themselves.
  std::string unmarked;
  const std::string_view original = text;
  if (text.starts_with("\xEF\xBB\xBF") && format != Format::yaml && format != Format::toml) {
    unmarked = text;
    unmarked.replace(0, 3, "   ");
    text = unmarked;
  }
  Builder builder(text, limits, original);
  if (cut) builder.limit("the file is too large to be parsed whole");
  dispatch(builder, format);
  Parsed parsed = std::move(builder).finish();
  if (little || big) {
    const auto back = [&transcoded](std::uint64_t offset) {
      return transcoded.origin[std::min<std::size_t>(offset, transcoded.origin.size() - 1)];
    };
    for (Setting& setting : parsed.settings) {
      // Nothing is as long as its bytes any more: every value gets pieces that say so.
      const std::uint64_t begin = setting.bytes.begin;
      const std::uint64_t end = setting.bytes.end;
      if (setting.pieces.empty() && !setting.value.empty()) {
        std::size_t at = 0;
        const bool same = end - begin == setting.value.size();
        while (same && at < setting.value.size()) {
          const std::size_t length = code_point_length(setting.value, at);
          setting.pieces.push_back(
              {static_cast<std::uint32_t>(at), back(begin + at), back(begin + at + length)});
          at += length;
          if (setting.pieces.size() > 4096) break;  // the rest as one
        }
        if (!same) setting.pieces.push_back({0, back(begin), back(end)});
        if (same && at < setting.value.size())
          setting.pieces.push_back({static_cast<std::uint32_t>(at), back(begin + at), back(end)});
      } else {
        for (ValuePiece& piece : setting.pieces) {
          piece.begin = back(piece.begin);
          piece.end = back(piece.end);
        }
      }
      setting.bytes = {back(begin), back(end)};
      setting.key_bytes = {back(setting.key_bytes.begin), back(setting.key_bytes.end)};
    }
  }
  return parsed;
}

std::optional<Format> format_of(std::string_view path, std::string_view first_bytes) {
  if (has_foreign_ending(path)) return format_of_bytes(first_bytes);
  if (const std::optional<Format> format = format_of_common_ending(path)) return format;
  std::string whole = "/" + lowered(path);
  std::replace(whole.begin(), whole.end(), '\\', '/');
  std::string name = whole.substr(whole.rfind('/') + 1);
  for (int round = 0; round < 4 && !name.empty(); ++round) {
    const std::string folder = whole.substr(0, whole.rfind('/') + 1);
    if (std::optional<Format> format = format_of_name(name, folder + name)) {
      // Some tools keep JSON in files that are named otherwise.
      if (*format == Format::plist || *format == Format::xml || *format == Format::ini) {
        const std::optional<Format> inside = format_of_bytes(first_bytes);
        if (inside && (*inside == Format::json || *inside == Format::plist)) return inside;
      }
      if (*format == Format::json && name.ends_with(".json")) return format;
      return format;
    }
    name = without_backup_ending(name);
  }
  return format_of_bytes(first_bytes);
}

}  // namespace kimiguard::config
