// Merged reports for people and for spreadsheets; JSON is report/merge.h's own.
#pragma once

#include <string>
#include <string_view>

#include "scanner/cli/screen.h"
#include "scanner/report/merge.h"

namespace kimiguard::cli {

// Keys in any text are masked in all three.
std::string merged_text(const report::Merged& merged, std::string_view language, const Screen& screen);
std::string merged_markdown(const report::Merged& merged, std::string_view language);
std::string merged_csv(const report::Merged& merged);

}  // namespace kimiguard::cli
