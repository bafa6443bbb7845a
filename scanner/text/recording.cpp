// Terminal recordings: asciicast version 2 and 3 (docs.asciinema.org/manual/asciicast/v2).
#include <algorithm>

#include "scanner/text/char_class.h"
#include "scanner/text/decode.h"

namespace kimiguard::text {

bool is_recording(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != '{') return false;
  const std::string_view header = bytes.substr(0, std::min<std::size_t>(bytes.find('\n'), 4096));
  const std::size_t version = header.find("\"version\"");
  if (version == std::string_view::npos || header.find("\"width\"") == header.find("\"cols\"")) return false;
  const std::size_t number = header.find_first_of("0123456789", version);
  return number != std::string_view::npos && (header[number] == '2' || header[number] == '3');
}

View decode_recording(std::string_view bytes, Span window) {
  window.end = std::min<std::uint64_t>(window.end, bytes.size());
  ViewBuilder builder(bytes, "recording", window);
  for (std::size_t begin = window.begin; begin < window.end;) {
    const std::size_t end = std::min<std::size_t>(bytes.find('\n', begin), window.end);
    std::string_view line = bytes.substr(begin, end - begin);
    while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
    const std::size_t kind = line.find('"');
    if (!line.empty() && line.front() == '[' && line.ends_with("\"]") && line.substr(std::min(kind, line.size())).starts_with("\"o\"")) {
      const std::size_t text = line.find('"', kind + 3);
      if (text != std::string_view::npos && text + 1 <= line.size() - 2) builder.copy(begin + text + 1, begin + line.size() - 2);
    }
    begin = end + 1;
  }
  return builder.take();
}

}  // namespace kimiguard::text
