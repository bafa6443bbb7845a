#include "scanner/cli/known_keys.h"

#include <algorithm>

namespace kimiguard::cli {
namespace {

constexpr std::string_view kPlatform = "moonshot-platform-key";

}  // namespace

void KnownKeys::learn(const Match& match, const Rulebook& book) {
  if (match.rule != kPlatform || match.confidence < Confidence::medium) return;
  kimi::Background& known = by_id_[match.secret.id()];
  if (known.key_realm.empty()) known.key_realm = "platform";
  const Realm* realm = book.realm(match.realm);
  if (realm == nullptr) return;
  for (const Evidence& evidence : match.evidence) {
    if (std::find(realm->console_hosts.begin(), realm->console_hosts.end(), evidence.text) == realm->console_hosts.end()) continue;
    if (!known.key_evidence.empty() && known.key_realm != realm->id) {
      conflict_.insert(match.secret.id());
      continue;
    }
    known.key_realm = realm->id;
    known.key_evidence = evidence.text;
  }
}

kimi::Background KnownKeys::of(const Secret& key) const {
  if (key.empty()) return {};
  const std::string id = key.id();
  if (conflict_.count(id) != 0) return {"platform", "", "", ""};
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? kimi::Background{} : found->second;
}

}  // namespace kimiguard::cli
