// Makes configuration findings: where they stand, how sure and how bad they are, what they are told
// with.
#pragma once

#include <string>
#include <string_view>

#include "scanner/core/connection.h"
#include "scanner/core/finding.h"
#include "scanner/kimi/severity_table.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::kimi {

// Whether a part stands somewhere a person can go to: a file, or a variable of the environment.
bool has_place(const Part& part);

// The part's place: path, region of its value, key path as `variable`. `role` is "base_url", "key" …
// The caller of the judge fills uri and snippets, which need the document.
Place place_of(const Part& part, std::string_view role);

// What people call the connection: "cline (plan)", or its file where no tool is known.
std::string where_of(const Connection& connection);

// The part's value as it may be shown: a key masked, an address without user info and query.
std::string shown_value(const Part& part);

// A finding of `rule` at `at`, with the connection's other parts as settings, the severity of the
// table, and the arguments where, key, key_id, key_path, host, url, model, protocol, tool, provider,
// file as far as they are known. `at` must be a part of `connection`.
Finding finding_at(const Rulebook& book, std::string_view rule, const Connection& connection,
                   const Part& at, Confidence confidence, Proof proof = Proof::none);

// Adds the change of `part` to `to`; from a key its masked form. Nothing where the part has no file.
void add_change(Finding& finding, const Part& part, const std::string& to);
// The same as the beginning of another way, where there is one already.
void add_other_way(Finding& finding, const Part& part, const std::string& to);

// One verdict that two connections of a tool share (both modes of Cline, two models of one address): `finding` also
// says what `same` says, its settings and the changes of settings that `finding` does not change.
void merge_into(Finding& finding, const Finding& same);

}  // namespace kimiguard::kimi
