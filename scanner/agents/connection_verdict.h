// What was found wrong with one connection, beside the findings themselves, which are joined where they
// stand at one setting.
#pragma once

#include <string>
#include <vector>

#include "scanner/core/severity.h"

namespace kimiguard::agents {

struct ConnectionVerdict {
  struct Fault {
    std::string rule;
    Severity severity = Severity::note;
    Confidence confidence = Confidence::low;
    friend bool operator==(const Fault&, const Fault&) = default;
  };
  std::vector<Fault> faults;  // most severe first
  bool followed = false;      // behind a proxy, or of a process: judged where it is written
  bool kimi = false;          // it has to do with Kimi, by its host, its model or its key
};

}  // namespace kimiguard::agents
