// From an audit's result and the leak findings to the two tables that the report shows.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "scanner/agents/audit.h"
#include "scanner/cli/audit_places.h"
#include "scanner/core/finding.h"
#include "scanner/core/inventory.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::cli {

// What connections say of a key: where it is really sent.
struct KeyUse {
  std::string realm;    // realm id where all its hosts are one realm's, else the product
  std::string product;  // "platform", "kimi-code"
  std::string host;     // one of them, as evidence
};

// By secret id: keys of Kimi's shape that some connection sends to one of Kimi's API hosts.
std::map<std::string, KeyUse> key_uses(const agents::AuditResult& audit, const Rulebook& book);

// By the id of a key: an API host of Kimi's that the key goes to, also by a tool's default, where all that it goes to
// are of one region. No proof of the key's console, but it tells which of two to open first.
std::map<std::string, std::string> regional_hosts(const agents::AuditResult& audit, const Rulebook& book);

// `findings` are the leak findings, with their places as they will be reported.
Inventory inventory_of(const agents::AuditResult& audit, const std::vector<Finding>& findings,
                       const AuditPlaces& places, const Rulebook& book, const agents::Profiles& profiles);

}  // namespace kimiguard::cli
