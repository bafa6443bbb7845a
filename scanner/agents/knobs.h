// Findings that settings give by themselves, beside the verdict on a connection: knobs that burn quota
// or change provider, keys that nobody reads, key helpers in project files, weak stores, file modes,
// tracked files, files that disagree with what they are made from, settings that overrule the
// environment.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/agents/connections.h"
#include "scanner/agents/disk.h"
#include "scanner/agents/home_layout.h"
#include "scanner/core/finding.h"
#include "scanner/kimi/key_kind.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::agents {

// Whether a connection has to do with Kimi: by its host, or by its key's own shape.
bool concerns_kimi(const Rulebook& book, const kimi::KeyKinds& kinds, const Connection& connection);

// What is asked of one tool in one view. `units` as for connections_of; only those of `of_project` are
// judged.
struct View {
  const Profile* profile = nullptr;
  std::vector<const Unit*> units;
  std::string of_project;
  const Environment* environment = nullptr;
  std::vector<const Made*> made;  // of this view
  std::string as_of;              // the day on which models are in use or not
};

std::vector<Finding> knob_findings(const Rulebook& book, const kimi::KeyKinds& kinds, const View& view);
std::vector<Finding> unread_findings(const Rulebook& book, const kimi::KeyKinds& kinds,
                                     const View& view);
std::vector<Finding> helper_findings(const Rulebook& book, const View& view);
std::vector<Finding> weak_store_findings(const Rulebook& book, const View& view, System system,
                                         const Disk* disk);
// Where a file wins over the environment and they differ.
std::vector<Finding> overruled_findings(const Rulebook& book, const kimi::KeyKinds& kinds,
                                        const std::vector<Made>& made);
// Generated files and their source, within one tool; live files and the account that is current in a
// switcher.
std::vector<Finding> disagreement_findings(const Rulebook& book, const kimi::KeyKinds& kinds,
                                           const std::vector<Made>& made);
std::optional<Finding> tracked_finding(const Rulebook& book, const Profile& profile,
                                       const std::string& path);

}  // namespace kimiguard::agents
