// Path globs as in .gitignore: `*` and `?` stay within a part, `[a-z]` and `[!a-z]` are classes, `**` is
// any number of parts. Without a "/" (but at the end) a glob fits at any depth; a path below what it
// fits fits too, members of an archive ("a.zip!/m") below that archive. With a "/" at the end it fits
// only what lies below. Bytes, case-sensitive.
#pragma once

#include <string_view>

namespace kimiguard::suppress {

// Time is at most the product of both lengths; nothing recurses.
bool glob_fits(std::string_view glob, std::string_view path);

}  // namespace kimiguard::suppress
