// What a run leaves behind when it is stopped: nothing.
#pragma once

namespace kimiguard::cli {

// From now on SIGINT, SIGTERM and SIGHUP remove the private copies of databases (scanner/source/store) and then do
// what they always do. A signal that is ignored (nohup) stays ignored.
void remove_copies_on_signals();

}  // namespace kimiguard::cli
