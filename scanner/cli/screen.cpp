#include "scanner/cli/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace kimiguard::cli {

Screen screen_of(int descriptor, std::string_view color) {
  Screen screen;
  const bool terminal = ::isatty(descriptor) != 0;
  winsize size{};
  if (terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    screen.width = size.ws_col;
  else if (const char* set = std::getenv("COLUMNS"); set != nullptr && std::atoi(set) > 20)
    screen.width = std::atoi(set);
  const char* term = std::getenv("TERM");
  const bool plain =
      std::getenv("NO_COLOR") != nullptr || (term != nullptr && std::string_view(term) == "dumb");
  screen.color = color == "always" || (color != "never" && terminal && !plain);
  return screen;
}

std::string read_standard_input(std::size_t most) {
  std::string text;
  std::array<char, 16384> buffer{};
  while (text.size() < most) {
    const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  if (text.size() > most) text.resize(most);
  return text;
}

}  // namespace kimiguard::cli
