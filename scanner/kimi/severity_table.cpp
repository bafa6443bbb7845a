#include "scanner/kimi/severity_table.h"

#include <algorithm>

namespace kimiguard::kimi {
namespace {

bool is_object(const Exposure& exposure, const Provenance& provenance) {
  return provenance.provenance != ProvenanceClass::worktree && exposure.place != PlaceKind::git_internal;
}

// Kept and passed on: what the table calls transcript, history, log, backup or export.
bool is_record(PlaceKind place) {
  switch (place) {
    case PlaceKind::transcript:
    case PlaceKind::prompt_history:
    case PlaceKind::shell_history:
    case PlaceKind::log:
    case PlaceKind::backup:
    case PlaceKind::export_:
    case PlaceKind::checkpoint:
    case PlaceKind::cache:
      return true;
    default:
      return false;
  }
}

bool is_file(const Exposure& exposure, const Provenance& provenance) {
  switch (exposure.place) {
    case PlaceKind::standard_input:
    case PlaceKind::environment:
    case PlaceKind::process:
    case PlaceKind::git_internal:
      return false;
    default:
      return !is_object(exposure, provenance);
  }
}

}  // namespace

bool condition_holds(std::string_view condition, const Exposure& exposure, const Provenance& provenance,
                     bool audit, Proof proof) {
  const ProvenanceClass why = provenance.provenance;
  if (condition == "audit_inventory")
    return audit && (exposure.place == PlaceKind::tool_store || exposure.place == PlaceKind::login_file) && !exposure.readable_by_others;
  if (condition == "staged") return exposure.staged || why == ProvenanceClass::staged;
  if (condition == "tracked") return exposure.tracked || why == ProvenanceClass::head;
  if (condition == "pushed") return provenance.pushed == Pushed::yes;
  if (condition == "unreachable") return why == ProvenanceClass::unreachable;
  if (condition == "browser_variable") return exposure.browser_variable;
  if (condition == "sent_elsewhere") return exposure.sent_elsewhere;
  if (condition == "transcript") return is_record(exposure.place);
  if (condition == "readable_by_others") return exposure.readable_by_others;
  if (condition == "object") return is_object(exposure, provenance);
  if (condition == "standard_input") return exposure.place == PlaceKind::standard_input;
  if (condition == "environment") return exposure.place == PlaceKind::environment;
  if (condition == "process") return exposure.place == PlaceKind::process;
  if (condition == "git_internal") return exposure.place == PlaceKind::git_internal;
  if (condition == "untracked")
    return is_file(exposure, provenance) && !exposure.tracked && !exposure.staged && !exposure.ignored;
  if (condition == "ignored") return is_file(exposure, provenance) && exposure.ignored;
  if (condition == "mode_0600") return exposure.mode != 0 && (exposure.mode & 077U) == 0;
  if (condition == "proven") return proof == Proof::proven;
  if (condition == "possible") return proof == Proof::possible;
  return false;
}

Judged severity_of(const Rulebook& book, std::string_view rule, const Exposure& exposure,
                   const Provenance& provenance, bool audit, Proof proof) {
  const Rule* known = book.rule(rule);
  // Another program's rules know no exposure: they say how bad it is themselves.
  if (known != nullptr && known->foreign != nullptr) return {known->worst, nullptr};
  const bool leak = known == nullptr || known->kind == Rule::Kind::leak;
  for (const SeverityRow& row : book.severities) {
    const bool for_rule = row.rules.empty()
                              ? leak
                              : std::find(row.rules.begin(), row.rules.end(), rule) != row.rules.end();
    if (!for_rule) continue;
    if (std::all_of(row.conditions.begin(), row.conditions.end(), [&](const std::string& condition) {
          return condition_holds(condition, exposure, provenance, audit, proof);
        }))
      return {row.severity, &row};
  }
  return {known != nullptr && !leak ? known->worst : Severity::note, nullptr};
}

}  // namespace kimiguard::kimi
