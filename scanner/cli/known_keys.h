// What a run has seen of keys, in the words that the judge of settings asks for.
#pragma once

#include <map>
#include <set>
#include <string>

#include "scanner/core/match.h"
#include "scanner/kimi/verdict.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::cli {

// A host beside a key is what is to be judged and no proof of its console; a console's name is. Where two places
// name two consoles, none is known.
class KnownKeys {
 public:
  void learn(const Match& match, const Rulebook& book);
  kimi::Background of(const Secret& key) const;

 private:
  std::map<std::string, kimi::Background> by_id_;
  std::set<std::string> conflict_;
};

}  // namespace kimiguard::cli
