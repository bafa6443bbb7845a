#include "tests/config/checks.h"

#include <random>
#include <stdexcept>

#include "scanner/config/line_map.h"

namespace kimiguard::config::checks {

Position slow_position(std::string_view bytes, std::size_t offset) {
  Position position;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = code_point_length(bytes, at);
    if (at + length > offset) break;
    if (bytes[at] == '\n') {
      ++position.line;
      position.column = 1;
    } else {
      ++position.column;
    }
    at += length;
  }
  return position;
}

std::string fault(std::string_view bytes, const Parsed& parsed) {
  if (parsed.complete != parsed.gaps.empty()) return "complete and gaps disagree";
  const LineMap lines(bytes);
  for (std::size_t n = 0; n < parsed.settings.size(); ++n) {
    const Setting& setting = parsed.settings[n];
    const auto wrong = [&](const std::string& what) {
      return what + " at setting " + std::to_string(n) + " " + setting.key_path();
    };
    if (setting.bytes.begin > setting.bytes.end || setting.bytes.end > bytes.size())
      return wrong("bytes out of the text");
    if (setting.key_bytes.begin > setting.key_bytes.end || setting.key_bytes.end > bytes.size())
      return wrong("key out of the text");
    if (!(lines.position(setting.bytes.begin) == setting.position)) return wrong("wrong position");
    if (!(lines.position(setting.bytes.end) == setting.end)) return wrong("wrong end");
    if (n < 50 && !(slow_position(bytes, setting.bytes.begin) == setting.position))
      return wrong("line map is wrong");
    if (lines.offset(setting.position) > setting.bytes.begin) return wrong("line map goes back wrong");
    if (setting.pieces.empty()) {
      if (!setting.value.empty() &&
          bytes.substr(setting.bytes.begin, setting.bytes.size()) != setting.value)
        return wrong("value is not its bytes");
      continue;
    }
    if (setting.pieces.front().value != 0) return wrong("first piece is not first");
    for (std::size_t i = 0; i < setting.pieces.size(); ++i) {
      const ValuePiece& piece = setting.pieces[i];
      const std::size_t next =
          i + 1 < setting.pieces.size() ? setting.pieces[i + 1].value : setting.value.size();
      if (piece.begin > piece.end || piece.end > bytes.size()) return wrong("piece out of the text");
      if (next <= piece.value && !(next == piece.value && setting.value.empty()))
        return wrong("pieces out of order");
      if (next - piece.value > 4 && next - piece.value == piece.end - piece.begin &&
          setting.pieces.size() > 1 &&
          bytes.substr(piece.begin, next - piece.value) !=
              std::string_view(setting.value).substr(piece.value, next - piece.value))
        return wrong("a copied piece differs");
    }
    const Span all = bytes_of(setting, 0, setting.value.size());
    if (all.begin > all.end || all.end > bytes.size()) return wrong("bytes_of out of the text");
  }
  return "";
}

const Setting& one(const Parsed& parsed, std::string_view key_path) {
  const Setting* found = nullptr;
  for (const Setting& setting : parsed.settings) {
    if (setting.key_path() != key_path) continue;
    if (found != nullptr) throw std::runtime_error("twice: " + std::string(key_path));
    found = &setting;
  }
  if (found == nullptr) throw std::runtime_error("not there: " + std::string(key_path));
  return *found;
}

std::vector<std::string> listed(const Parsed& parsed) {
  std::vector<std::string> out;
  for (const Setting& setting : parsed.settings) out.push_back(setting.key_path() + "=" + setting.value);
  return out;
}

std::string random_key(std::size_t length) {
  static std::mt19937_64 random(std::random_device{}());
  static constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string key;
  for (std::size_t i = 0; i < length; ++i) key += kLetters[random() % kLetters.size()];
  return key;
}

}  // namespace kimiguard::config::checks
