#include "scanner/agents/provider_choice.h"

#include <string>

#include "scanner/kimi/base_url.h"
#include "scanner/kimi/finding_at.h"

namespace kimiguard::agents {

void offer_providers(const Rulebook& book, const Made& made, Finding& finding) {
  if (finding.rule != "kimi-host-mismatch" || !finding.changes.empty() || made.profile == nullptr || !made.provider_at) return;
  if (!made.connection.base_url || made.connection.base_url->source != Part::Source::tool_default) return;
  std::string& variant = finding.arguments["variant"];
  std::string product;
  if (variant == "code-key-at-platform") product = "kimi-code";
  if (variant == "platform-key-at-code") product = "platform";
  if (product.empty()) return;
  std::string names;
  for (const ProviderSpec& provider : made.profile->providers) {
    const auto url = kimi::parse_base_url(provider.base_url);
    const kimi::Owner owner = url ? kimi::owner_of(book, *url) : kimi::Owner{};
    if (owner.realm == nullptr || owner.realm->product != product || provider.ids.empty()) continue;
    const std::string& id = provider.ids.front();
    names += (names.empty() ? "" : ", ") + id + " (" + owner.realm->hosts.front() + ")";
    kimi::add_change(finding, *made.provider_at, id);
  }
  if (names.empty()) return;
  variant += "-by-default";
  finding.arguments["providers"] = names;
}

}  // namespace kimiguard::agents
