#include "scanner/config/reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "scanner/config/builder.h"
#include "scanner/config/formats.h"

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

}  // namespace kimiguard::config
