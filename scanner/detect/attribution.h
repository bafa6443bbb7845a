// Whose key is it? Asks the surroundings of a `sk-`+48 candidate, strongest evidence first (design §3):
// the host that the same scope pairs it with > a provider id, profile or console name > the variable
// or field name > prose; then the small block around it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/match.h"
#include "scanner/core/severity.h"
#include "scanner/core/span.h"
#include "scanner/detect/names.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::detect {

// A host name standing in a text.
struct HostSeen {
  Span span;
  std::string host;              // lower case
  const Realm* realm = nullptr;  // first-party API host
  const Vendor* vendor = nullptr;
  bool kimi = false;             // any other host of Kimi or Moonshot: consoles, web, docs
  bool url = false;              // written with a scheme
};

// Every host in `text` that is known, or that stands in a URL. At most 256.
std::vector<HostSeen> hosts_in(const Rulebook& rulebook, std::string_view text);

struct Attribution {
  enum class Whose { nobody, kimi, other };
  Whose whose = Whose::nobody;
  Confidence confidence = Confidence::low;  // for kimi: high in scope, medium in the block
  std::string realm;                        // realm id where a host or name tells it
  std::string issuer;                       // vendor id for other
  std::vector<Evidence> evidence;           // without lines: see evidence_at
  std::vector<std::uint64_t> evidence_at;   // where each piece of it stands in the text given
  std::string variable;                     // the name the candidate is assigned to
  bool sent_elsewhere = false;              // Kimi's by name, another party's by host
  bool protocol = false;                    // other's only by a protocol's name: an address further out may say better
};

// `candidate` is the secret's span in `text`. Bounded: looks at a few kilobytes around it.
Attribution attribute(const Rulebook& rulebook, const NameBook& names, std::string_view text, Span candidate);

}  // namespace kimiguard::detect
