// Where `kimiguard ignore` writes, and so where what it wrote is looked for when no folder is scanned.
#pragma once

#include <string>
#include <string_view>

namespace kimiguard::cli {

inline constexpr std::string_view kIgnoreFile = ".kimiguardignore";

// Absolute: the root of the repository that holds the current folder, else that folder.
std::string ignore_folder();

}  // namespace kimiguard::cli
