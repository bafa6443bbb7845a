// Readers of configuration formats: bytes in, settings with exact places out.
//
// Each reader gives every value of a file with its chain of keys, its decoded text, the bytes it stands
// in (without quotes), and line and column. A file that is broken gives what could be read, and a gap
// that says where it went wrong. Nothing is followed, expanded or run here: `${X}` stays `${X}` (see
// reference.h). Readers are functions without state; any thread may call them.
//
// How a key path looks, format by format:
//   JSON, YAML, TOML   keys and decimal indexes; JSONL, YAML streams, several JSON values: `document`
//   counts INI, systemd       section, then key; git's [a "b"] gives a, b; a systemd Environment= gives
//                      Service, Environment, NAME for each assignment in it
//   XML                element names from the root; an index follows the name where siblings share it;
//                      "@name" for an attribute; text of an element that has attributes or children:
//                      "#text"
//   plist              keys and indexes, like JSON
//   netrc              host ("default" for the default entry), then login, password, account
//   assignments        NAME; array elements NAME, index; and under a first part that says when it holds:
//                      "@command", program, NAME     `A=b program`, `env A=b program`, `--option value`
//                      "@alias", name                the alias' text; assignments in it follow as a
//                      third part
//                      "@function", name, NAME       set when that function is called
//                      "@heredoc", n, …              a here-document that looks like JSON or assignments
// `tag` of an assignment: "export" (reaches child processes: export, set -x, $env:, setx, crontab),
// "unset", "ENV", "ARG" (Dockerfile), "EnvironmentFile", "" for a plain shell variable. `export X` alone
// is a null.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/core/setting.h"

namespace kimiguard::config {

enum class Format {
  json,
  jsonc,
  json5,
  jsonl,  // one tolerant reader; jsonl confines an error to its line
  yaml,
  toml,
  dotenv,
  shell,  // POSIX sh, bash, zsh, csh's setenv
  fish,
  nushell,
  powershell,
  cmd,
  crontab,
  dockerfile,
  ini,  // also git config, .npmrc, .reg
  systemd,
  properties,
  xml,
  plist,
  netrc,
  notebook
};

// Short lower-case name: "json", "yaml" …; `format_named` is its inverse.
std::string_view name(Format format);
std::optional<Format> format_named(std::string_view text);

// What a hostile file may cost. Whatever reaches one of them leaves a gap with code "limit".
struct Limits {
  std::uint64_t bytes = 64ull << 20;  // of the file that are read; YAML and TOML: 8 MiB at most
  std::size_t settings = 400'000;
  std::size_t memory = 256u << 20;  // bytes held by settings, roughly
  std::size_t depth = 128;          // of nesting
  std::size_t aliases = 20'000;     // settings that YAML aliases may repeat
};

// `settings` in the order of the file. `complete` is true if nothing was left out: no gap.
// A gap's `place` is empty: the caller knows the file's name. Reasons hold no text of the file.
struct Parsed {
  std::vector<Setting> settings;
  std::vector<Gap> gaps;
  bool complete = true;
};

// Reads `bytes` as `format`. UTF-8, with or without byte order mark, or UTF-16 with one; spans are
// offsets in `bytes` as given, lines and columns count code points. Never fails, never throws but
// std::bad_alloc, prints nothing.
Parsed read(std::string_view bytes, Format format, const Limits& limits = {});

// The format that a file's name (any path, "/" or "\\") or, failing that, its first bytes (a few
// hundred are enough) speak for. Backup endings (.bak, .bak.2, ~, .orig …) are looked through.
std::optional<Format> format_of(std::string_view path, std::string_view first_bytes);

}  // namespace kimiguard::config
