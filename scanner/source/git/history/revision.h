// What a name that a person typed means: the object it leads to.
//
// Syntax: gitrevisions(7). Understood: full and abbreviated ids, `git describe` names, refs by git's
// rules of look-up, `@`, `HEAD`, `<ref>@{<n>}`, `@{-<n>}`, `<branch>@{upstream}` (`@{u}`), `<rev>~<n>`,
// `<rev>^<n>`,
// `<rev>^{commit|tree|tag|object|blob}`, `<rev>^{}` and `<rev>:<path>`. Not: dates, `@{push}`, `:/text`,
// `:<n>:path`.
#pragma once

#include <string>
#include <string_view>

#include "scanner/core/result.h"
#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/objects/object_store.h"
#include "scanner/source/git/repository/ref_snapshot.h"
#include "scanner/source/git/repository/repository.h"

namespace kimiguard::git {

// The object `text` names; a ref to an annotated tag gives the tag. REQUIRES for `@{<n>}` and `@{-<n>}`:
// the snapshot was read with reflogs. Codes: "no-revision" (nothing of that name), "ambiguous",
// "no-upstream", "unsupported-revision", "shallow" (it lies beyond the border of a shallow clone; the
// message says how to fetch it), and those of ObjectStore::read.
Result<ObjectId> resolve_revision(const Repository& repository, const RefSnapshot& refs,
                                  const ObjectStore& store, std::string_view text);

// The same, led on through tags to a commit. Code "no-commit" where it names something else.
Result<ObjectId> resolve_commit(const Repository& repository, const RefSnapshot& refs,
                                const ObjectStore& store, std::string_view text);

// Full name of the ref that a short name means (refs/tags/x before refs/heads/x …); nullptr if none.
const Ref* find_ref_by_short_name(const RefSnapshot& refs, std::string_view name);

// Through annotated tags to what they are of.
Result<ObjectId> peel_tags(const ObjectStore& store, const ObjectId& id);

// The sentence for a commit that a shallow clone lacks.
Error shallow_error(std::string_view what);

}  // namespace kimiguard::git
