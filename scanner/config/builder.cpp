#include "scanner/config/builder.h"

#include <algorithm>
#include <utility>

namespace kimiguard::config {

bool Builder::add(Setting setting) {
  if (full_) return false;
  std::size_t cost = sizeof(Setting) + setting.value.size() + setting.pieces.size() * sizeof(ValuePiece);
  for (const std::string& part : setting.path) cost += sizeof(std::string) + part.size();
  if (parsed_.settings.size() >= limits_.settings || memory_ + cost > limits_.memory) {
    full_ = true;
    limit(parsed_.settings.size() >= limits_.settings ? "too many settings"
                                                      : "settings need too much memory");
    return false;
  }
  memory_ += cost;
  setting.position = lines_.position(setting.bytes.begin);
  setting.end = lines_.position(setting.bytes.end);
  parsed_.settings.push_back(std::move(setting));
  return true;
}

void Builder::add_all(std::vector<Setting> settings) {
  for (Setting& setting : settings)
    if (!add(std::move(setting))) return;
}

void Builder::syntax(std::size_t offset, std::string_view reason) {
  static constexpr std::size_t kKept = 10;
  if (++syntax_gaps_ > kKept && !parsed_.gaps.empty()) {
    ++parsed_.gaps.back().count;
    return;
  }
  std::string text = "line " + std::to_string(lines_.position(offset).line) + ": ";
  text += reason;
  // Ordinary gaps stay in front of the last, which counts what is not listed.
  parsed_.gaps.push_back({GapKind::not_parsed, "syntax", "", std::move(text), 1});
}

void Builder::limit(std::string_view what) {
  for (const Gap& gap : parsed_.gaps)
    if (gap.code == "limit" && gap.reason == what) return;
  Gap gap{GapKind::unreadable, "limit", "", std::string(what), 1};
  // In front, so that syntax() may count on the last.
  parsed_.gaps.insert(parsed_.gaps.begin(), std::move(gap));
}

void Builder::take_gaps(std::vector<Gap> gaps) {
  for (Gap& gap : gaps) {
    if (gap.code == "syntax") ++syntax_gaps_;
    parsed_.gaps.push_back(std::move(gap));
  }
}

Parsed Builder::finish() && {
  parsed_.complete = parsed_.gaps.empty();
  return std::move(parsed_);
}

}  // namespace kimiguard::config
