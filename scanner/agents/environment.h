// Variables with where each was set: those of a login shell, worked out from its files, those of the
// present process, and those that a tool takes from its own files.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "scanner/agents/unit.h"
#include "scanner/core/connection.h"

namespace kimiguard::agents {

struct Variable {
  std::string value;
  std::string file;  // "" = the present environment
  Position position;
  Position end;
  Span bytes;
};

class Environment {
 public:
  const Variable* find(const std::string& name) const;
  void set(const std::string& name, Variable variable) { variables_[name] = std::move(variable); }
  void unset(const std::string& name) { variables_.erase(name); }
  const std::map<std::string, Variable>& all() const { return variables_; }

  // Takes the assignments of one file, in order: the last one wins. Exported ones only, unless the file
  // is a list of variables and no script. Values that a command would give are left out; references to
  // variables set so far are replaced.
  void take(const Unit& unit);
  // Takes what `stronger` sets.
  void take(const Environment& stronger);

  // `value` with every reference to a variable replaced; false if one of them is not set and has no
  // default, or if something in it would have to be run or asked.
  bool expand(const Setting& setting, std::string& out) const;

 private:
  std::map<std::string, Variable> variables_;
};

}  // namespace kimiguard::agents
