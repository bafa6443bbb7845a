// Whether key, address and model of a connection belong together (design §3, Configuration).
//
// Judged here, from one connection: kimi-host-mismatch, kimi-key-sent-elsewhere, kimi-model-mismatch,
// kimi-model-retired, kimi-base-url-shape, kimi-endpoint-insecure, kimi-endpoint-dead,
// kimi-endpoint-untrusted, kimi-auth-conflict, kimi-env-override; from many: kimi-region-conflict.
// A connection that has nothing to do with Kimi gets no verdict. A key that is a reference or a
// placeholder counts as none. A loopback address is not judged: follow it to what stands behind first.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scanner/core/connection.h"
#include "scanner/core/finding.h"
#include "scanner/kimi/key_kind.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::kimi {

// What is known of a connection's key from elsewhere in the run.
struct Background {
  std::string key_realm;     // realm id, or product, that evidence gives the key; "" = not known
  std::string key_evidence;  // that evidence, for people: a console's address, a name
  std::string key_issuer;    // vendor id, where evidence says that it is another's
  // ISO date against which models are judged, "2026-11-24"; "" = no model counts as retired.
  std::string as_of;
};

// Compiles what it needs once; immutable, so one object serves all threads. The rulebook must outlive
// it.
class Judge {
 public:
  explicit Judge(const Rulebook& book);
  ~Judge();
  Judge(Judge&&) noexcept;
  Judge& operator=(Judge&&) noexcept;

  // Findings in the order of the rules above. Each has the rule's arguments (with `variant` where the
  // rule has variants), exact changes, the setting at places[0] and the others in `settings`; two
  // changes of one setting are alternatives, where only the key's owner can tell which is right.
  std::vector<Finding> verdict(const Connection& connection, const Background& known = {}) const;

  // One finding for each key that goes to both regions of one product, by effective host. Inactive
  // connections count. The same input in another order gives the same findings.
  std::vector<Finding> verdict_across(const std::vector<Connection>& connections) const;

  const KeyKinds& kinds() const;

 private:
  struct Known;
  std::unique_ptr<Known> known_;
};

}  // namespace kimiguard::kimi
