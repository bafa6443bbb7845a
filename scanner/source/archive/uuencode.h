// Uuencoded files in a text: "begin 644 name", lines of a length and groups of four characters, "end" (POSIX uuencode,
// "uuencode Historical Algorithm"). Mail and old archives carry them, at the beginning of a file or within it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scanner/source/container/unpacking.h"

namespace kimiguard::archive {

// Whether a line that begins so is the first of a uuencoded file.
bool begins_uuencoded(std::string_view line);

// Delivers each file that the text carries, under its name. Lines that are no such lines end a file. False if it met a gap.
bool read_uuencoded(container::Unpacking& unpacking, std::string_view text, const container::OriginPtr& origin, int depth);

// What the lines of one file hold, for a mail's part whose encoding says so; its first line may be missing.
std::string from_uuencoded(std::string_view lines);

}  // namespace kimiguard::archive
