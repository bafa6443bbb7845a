// Where `kimiguard ignore` writes, and so where what it wrote is looked for when no folder is scanned.
#pragma once

#include <string>
#include <string_view>

namespace kimiguard::cli {

inline constexpr std::string_view kIgnoreFile = ".kimiguardignore";

// Absolute: the root of the repository that holds the current folder, else that folder.
std::string ignore_folder();

// Of the one that every `kimiguard audit` reads: the home folder; empty where HOME is not set.
std::string home_ignore_folder();

}  // namespace kimiguard::cli
