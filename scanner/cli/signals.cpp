#include "scanner/cli/signals.h"

#include <csignal>

#include "scanner/source/store/private_copy.h"

namespace kimiguard::cli {
namespace {

void leave(int signal) {
  store::remove_private_copies();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void remove_copies_on_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    if (std::signal(signal, leave) == SIG_IGN) std::signal(signal, SIG_IGN);
}

}  // namespace kimiguard::cli
