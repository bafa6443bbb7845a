#include "scanner/agents/provider_choice.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "scanner/kimi/base_url.h"
#include "scanner/kimi/finding_at.h"

namespace kimiguard::agents {
namespace {

bool is_at(const Change& change, const Part& part) { return change.file == part.file && change.key_path == part.key_path; }

// A setting that stands for an address by a word ("china") cannot take one that it has no word for.
void drop_words_that_are_none(const std::vector<RegionSetting>& regions, const Part& address, Finding& finding) {
  for (const RegionSetting& region : regions) {
    if (region.file != address.file || region.key_path != address.key_path) continue;
    std::erase_if(finding.changes, [&](const Change& change) { return is_at(change, address) && region.value_of_url.count(change.to) == 0; });
  }
}

// No provider of the tool takes the key: the address is written where there is a place for one.
void write_address(const Connection& connection, Finding& finding) {
  std::vector<Change> models;
  models.swap(finding.changes);
  // The model alone would mend nothing.
  if (connection.base_url->source != Part::Source::tool_default || !connection.address_setting) return;
  for (const char* wanted : {"wanted", "wanted_else"})
    if (finding.changes.empty() || finding.changes.back().to != finding.arguments[wanted])
      kimi::add_change(finding, *connection.address_setting, finding.arguments[wanted]);
  std::move(models.begin(), models.end(), std::back_inserter(finding.changes));
}

}  // namespace

void offer_providers(const Rulebook& book, const Made& made, const std::vector<RegionSetting>& regions, Finding& finding) {
  if (finding.rule != "kimi-host-mismatch" || !made.connection.base_url) return;
  const Connection& connection = made.connection;
  drop_words_that_are_none(regions, *connection.base_url, finding);
  // Where the address or the key can be changed, that is the nearer mend.
  const auto of_model = [&](const Change& change) { return connection.model && is_at(change, *connection.model); };
  const bool by_model = !made.provider_at && connection.model && connection.model->before.size() > 1;
  if (!std::all_of(finding.changes.begin(), finding.changes.end(), of_model)) return;
  std::string& variant = finding.arguments["variant"];
  std::string product;
  if (variant == "code-key-at-platform") product = "kimi-code";
  if (variant == "platform-key-at-code") product = "platform";
  if (product.empty()) return;
  const auto host = kimi::parse_base_url(connection.base_url->value);
  const Realm* here = host ? kimi::owner_of(book, *host).realm : nullptr;
  struct Offer {
    std::string id;
    const Realm* realm;
  };
  std::vector<Offer> offers;
  if (made.profile == nullptr) return write_address(connection, finding);
  for (const ProviderSpec& provider : made.profile->providers) {
    const auto url = kimi::parse_base_url(provider.base_url);
    const kimi::Owner owner = url ? kimi::owner_of(book, *url) : kimi::Owner{};
    if (owner.realm != nullptr && owner.realm->product == product && !provider.ids.empty()) offers.push_back({provider.ids.front(), owner.realm});
  }
  if (offers.empty() || (!made.provider_at && !by_model)) return write_address(connection, finding);
  // The region of the address that was chosen is the likelier one.
  std::stable_partition(offers.begin(), offers.end(), [&](const Offer& offer) { return here != nullptr && offer.realm->region == here->region; });
  std::vector<Change> models;
  models.swap(finding.changes);
  std::string names;
  for (const Offer& offer : offers) {
    names += (names.empty() ? "" : ", ") + offer.id + " (" + offer.realm->hosts.front() + ")";
    if (made.provider_at) kimi::add_change(finding, *made.provider_at, offer.id);
  }
  // "moonshot/kimi-k3" names the provider too.
  const auto named = [&](const Offer& offer) {
    const std::string& before = connection.model->before;
    const std::string& model = models.empty() ? before + connection.model->value : models.front().to;
    return offer.id + before.back() + model.substr(before.size());
  };
  const bool prefixed = connection.model && connection.model->before.size() > 1;
  if (!prefixed) {
    std::move(models.begin(), models.end(), std::back_inserter(finding.changes));
  } else {
    for (const Offer& offer : offers) {
      finding.changes.push_back({connection.model->file, connection.model->key_path, connection.model->before + connection.model->value, named(offer)});
      if (!by_model) break;
    }
  }
  variant += "-by-default";
  finding.arguments["providers"] = names;
}

}  // namespace kimiguard::agents
