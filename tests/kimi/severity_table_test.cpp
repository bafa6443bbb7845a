// A test for each row of the table, and for the order in which rows are tried (design §3).
#include "scanner/kimi/severity_table.h"

#include <set>

#include "tests/kimi/kimi_fixture.h"

using namespace kimiguard;
using namespace kimiguard::kimi;
using test::book;

namespace {

Judged judged(const Exposure& exposure, const Provenance& provenance = {}, bool audit = false,
              const char* rule = "kimi-code-key") {
  const Judged found = severity_of(book(), rule, exposure, provenance, audit);
  REQUIRE(found.row != nullptr);
  return found;
}

Exposure at(PlaceKind place) {
  Exposure exposure;
  exposure.place = place;
  return exposure;
}

Provenance object(ProvenanceClass why, Pushed pushed = Pushed::no) {
  Provenance provenance;
  provenance.provenance = why;
  provenance.pushed = pushed;
  return provenance;
}

#define CHECK_ROW(judgement, id_, severity_)      \
  do {                                            \
    const Judged seen_ = (judgement);             \
    CHECK(seen_.row->id == (id_));                \
    CHECK(seen_.severity == Severity::severity_); \
  } while (false)

}  // namespace

TEST_CASE("a staged or tracked key is critical") {
  Exposure exposure;
  exposure.staged = true;
  CHECK_ROW(judged(exposure), "staged", critical);
  CHECK_ROW(judged({}, object(ProvenanceClass::staged)), "staged", critical);
  exposure.staged = false;
  exposure.tracked = true;
  exposure.readable_by_others = true;
  CHECK_ROW(judged(exposure), "tracked", critical);
  CHECK_ROW(judged({}, object(ProvenanceClass::head)), "tracked", critical);
}

TEST_CASE("a key in a pushed commit is critical, whatever it lies in") {
  CHECK_ROW(judged(at(PlaceKind::log), object(ProvenanceClass::branch, Pushed::yes)), "pushed",
            critical);
  CHECK_ROW(judged({}, object(ProvenanceClass::tag, Pushed::yes)), "pushed", critical);
}

TEST_CASE("a key in an object that is not known to be pushed is high") {
  for (const ProvenanceClass why :
       {ProvenanceClass::branch, ProvenanceClass::tag, ProvenanceClass::stash, ProvenanceClass::note,
        ProvenanceClass::pull, ProvenanceClass::reflog}) {
    CHECK_ROW(judged({}, object(why)), "object", high);
    CHECK_ROW(judged({}, object(why, Pushed::unknown)), "object", high);
  }
}

TEST_CASE("a key in an unreachable object is medium") {
  CHECK_ROW(judged({}, object(ProvenanceClass::unreachable)), "unreachable", medium);
}

TEST_CASE("a key in an untracked file that is not ignored is high, also without git") {
  CHECK_ROW(judged({}), "untracked", high);
}

TEST_CASE("a browser variable is high even in an ignored file") {
  Exposure exposure;
  exposure.browser_variable = true;
  exposure.ignored = true;
  exposure.mode = 0600;
  CHECK_ROW(judged(exposure), "browser-variable", high);
}

TEST_CASE("a key that goes to another party is high") {
  Exposure exposure;
  exposure.sent_elsewhere = true;
  exposure.ignored = true;
  CHECK_ROW(judged(exposure), "sent-elsewhere", high);
}

TEST_CASE("transcripts, histories, logs, backups and exports are medium") {
  for (const PlaceKind place :
       {PlaceKind::transcript, PlaceKind::prompt_history, PlaceKind::shell_history, PlaceKind::log,
        PlaceKind::backup, PlaceKind::export_, PlaceKind::checkpoint})
    CHECK_ROW(judged(at(place)), "transcript", medium);
}

TEST_CASE("a file that others can read is medium") {
  Exposure exposure;
  exposure.ignored = true;
  exposure.readable_by_others = true;
  exposure.mode = 0644;
  CHECK_ROW(judged(exposure), "readable-by-others", medium);
}

TEST_CASE("standard input is high; environment, processes and git's own files are medium") {
  CHECK_ROW(judged(at(PlaceKind::standard_input)), "standard-input", high);
  CHECK_ROW(judged(at(PlaceKind::environment)), "environment", medium);
  CHECK_ROW(judged(at(PlaceKind::process)), "process", medium);
  CHECK_ROW(judged(at(PlaceKind::git_internal)), "git-internal", medium);
  CHECK_ROW(judged(at(PlaceKind::git_internal), object(ProvenanceClass::reflog)), "git-internal",
            medium);
}

TEST_CASE("an ignored file that only its owner reads is a note") {
  Exposure exposure;
  exposure.ignored = true;
  exposure.mode = 0600;
  CHECK_ROW(judged(exposure), "ignored-private", note);
  exposure.mode = 0;
  CHECK_ROW(judged(exposure), "ignored", note);
}

TEST_CASE("a key in its tool's own store is inventory in audit and nowhere else") {
  Exposure exposure = at(PlaceKind::tool_store);
  exposure.mode = 0600;
  CHECK_ROW(judged(exposure, {}, true), "inventory", inventory);
  CHECK_ROW(judged(exposure, {}, false), "untracked", high);
  exposure.readable_by_others = true;
  CHECK_ROW(judged(exposure, {}, true), "readable-by-others", medium);
}

TEST_CASE("rows are tried in the order of the design") {
  Exposure all;
  all.place = PlaceKind::log;
  all.staged = all.tracked = all.ignored = all.browser_variable = all.sent_elsewhere =
      all.readable_by_others = true;
  CHECK_ROW(judged(all), "staged", critical);
  all.staged = false;
  CHECK_ROW(judged(all), "tracked", critical);
  all.tracked = false;
  CHECK_ROW(judged(all, object(ProvenanceClass::unreachable)), "unreachable", medium);
  CHECK_ROW(judged(all), "browser-variable", high);
  all.browser_variable = false;
  CHECK_ROW(judged(all), "sent-elsewhere", high);
  all.sent_elsewhere = false;
  CHECK_ROW(judged(all), "transcript", medium);
  all.place = PlaceKind::ordinary;
  CHECK_ROW(judged(all, object(ProvenanceClass::branch)), "readable-by-others", medium);
  all.readable_by_others = false;
  CHECK_ROW(judged(all, object(ProvenanceClass::branch)), "object", high);
  CHECK_ROW(judged(all), "ignored", note);
}

TEST_CASE("a rule's own row comes before every place") {
  Exposure exposure;
  exposure.tracked = true;
  CHECK_ROW(judged(exposure, {}, false, "unattributed-sk-key"), "unattributed", note);
  CHECK_ROW(judged(exposure, {}, false, "kimi-endpoint-untrusted"), "endpoint-untrusted", high);
  CHECK_ROW(judged(exposure, {}, false, "kimi-key-sent-elsewhere"), "key-sent-elsewhere", high);
  for (const char* rule :
       {"kimi-host-mismatch", "kimi-base-url-shape", "kimi-endpoint-dead", "kimi-endpoint-insecure",
        "kimi-auth-conflict", "kimi-key-unread", "kimi-tracked-config"})
    CHECK_ROW(judged(exposure, {}, false, rule), "certain-misconfiguration", medium);
  for (const char* rule : {"kimi-file-mode", "kimi-weak-store"})
    CHECK_ROW(judged(exposure, {}, false, rule), "store-weakness", medium);
  for (const char* rule : {"kimi-region-conflict", "kimi-env-override", "kimi-model-mismatch"})
    CHECK_ROW(judged(exposure, {}, false, rule), "possible-misconfiguration", low);
  for (const char* rule : {"kimi-model-retired", "kimi-quota-burn", "kimi-silent-fallback"})
    CHECK_ROW(judged(exposure, {}, false, rule), "worth-knowing", note);
}

TEST_CASE("a proven region conflict is medium, a possible one low") {
  CHECK(severity_of(book(), "kimi-region-conflict", {}, {}, false, Proof::proven).severity ==
        Severity::medium);
  CHECK(severity_of(book(), "kimi-region-conflict", {}, {}, false, Proof::none).severity ==
        Severity::low);
}

TEST_CASE("a user's own rule gets its severity from where its match lies") {
  Exposure exposure;
  exposure.tracked = true;
  CHECK(severity_of(book(), "acme-key", exposure, {}, false).severity == Severity::critical);
}

TEST_CASE("every row of the table is the first to fit for something") {
  std::set<std::string> reached;
  const auto reach = [&](std::string_view rule, const Exposure& exposure, const Provenance& provenance,
                         bool audit, Proof proof) {
    const Judged found = severity_of(book(), rule, exposure, provenance, audit, proof);
    if (found.row != nullptr) reached.insert(found.row->id);
  };
  for (const Rule& rule : book().rules) {
    reach(rule.id, {}, {}, false, Proof::none);
    reach(rule.id, {}, {}, false, Proof::proven);
    reach(rule.id, {}, {}, false, Proof::possible);
  }
  for (int bits = 0; bits < 64; ++bits)
    for (int place = 0; place <= static_cast<int>(PlaceKind::git_internal); ++place)
      for (int why = 0; why <= static_cast<int>(ProvenanceClass::unreachable); ++why)
        for (const Pushed pushed : {Pushed::no, Pushed::yes}) {
          Exposure exposure = at(static_cast<PlaceKind>(place));
          exposure.staged = (bits & 1) != 0;
          exposure.tracked = (bits & 2) != 0;
          exposure.ignored = (bits & 4) != 0;
          exposure.browser_variable = (bits & 8) != 0;
          exposure.sent_elsewhere = (bits & 16) != 0;
          exposure.mode = (bits & 32) != 0 ? 0600 : 0640;
          for (const bool audit : {false, true})
            reach("kimi-code-key", exposure, object(static_cast<ProvenanceClass>(why), pushed), audit,
                  Proof::none);
          exposure.readable_by_others = true;
          reach("kimi-code-key", exposure, object(static_cast<ProvenanceClass>(why), pushed), false,
                Proof::none);
        }
  for (const SeverityRow& row : book().severities) {
    INFO(row.id);
    CHECK(reached.count(row.id) == 1);
  }
}
