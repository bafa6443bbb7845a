// Shell text inside other files: an alias' text, a Dockerfile's RUN, a crontab's command.
#pragma once

#include <string_view>
#include <vector>

#include "scanner/config/reader.h"

namespace kimiguard::config {

// Settings of `text`, with spans in it (see rebase()); aliases and here-documents in it stay unread.
std::vector<Setting> read_shell_text(std::string_view text, bool fish, const Limits& limits);

}  // namespace kimiguard::config
