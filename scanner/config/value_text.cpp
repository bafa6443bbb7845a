#include "scanner/config/value_text.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace kimiguard::config {

void ValueText::collapse() {
  const ValuePiece whole{0, pieces_.front().begin, pieces_.back().end};
  pieces_.assign(1, whole);
  collapsed_ = true;
}

void ValueText::copy(std::string_view text, std::size_t begin) {
  if (text.empty()) return;
  const auto from = static_cast<std::uint32_t>(begin);
  const auto to = static_cast<std::uint32_t>(begin + text.size());
  if (collapsed_) {
    pieces_.back().end = to;
  } else if (last_copied_ && !pieces_.empty() && pieces_.back().end == from) {
    pieces_.back().end = to;
  } else {
    pieces_.push_back({static_cast<std::uint32_t>(text_.size()), from, to});
  }
  last_copied_ = true;
  text_ += text;
  if (!collapsed_ && pieces_.size() > kMaxPieces) collapse();
}

void ValueText::decoded(std::string_view text, std::size_t begin, std::size_t end) {
  if (text.empty()) return;
  if (collapsed_) {
    pieces_.back().end = static_cast<std::uint32_t>(end);
  } else {
    pieces_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(begin),
                       static_cast<std::uint32_t>(end)});
  }
  last_copied_ = false;
  decoded_ = true;
  text_ += text;
  if (!collapsed_ && pieces_.size() > kMaxPieces) collapse();
}

void ValueText::truncate(std::size_t size) {
  if (size >= text_.size()) return;
  const std::size_t old = text_.size();
  text_.resize(size);
  last_copied_ = false;
  if (collapsed_) return;
  std::size_t piece_end = old;
  while (!pieces_.empty() && pieces_.back().value >= size) {
    piece_end = pieces_.back().value;
    pieces_.pop_back();
  }
  if (pieces_.empty() || piece_end <= size) return;
  ValuePiece& last = pieces_.back();
  if (last.end - last.begin == piece_end - last.value)
    last.end = static_cast<std::uint32_t>(last.begin + (size - last.value));
}

void ValueText::trim_end() {
  std::size_t size = text_.size();
  while (size > 0 && (text_[size - 1] == ' ' || text_[size - 1] == '\t' || text_[size - 1] == '\r'))
    --size;
  truncate(size);
}

void ValueText::store(Setting& setting, Span bytes) && {
  setting.bytes = bytes;
  const bool plain =
      pieces_.empty() || (!decoded_ && pieces_.size() == 1 && pieces_[0].begin == bytes.begin &&
                          pieces_[0].end == bytes.end && text_.size() == bytes.size());
  setting.pieces.clear();
  if (!plain) {
    setting.pieces = std::move(pieces_);
    setting.pieces.shrink_to_fit();
  }
  setting.value = std::move(text_);
  // A value without pieces is the bytes themselves; an empty one decoded from something needs no map.
}

Span bytes_of(const Setting& setting, std::size_t begin, std::size_t end) {
  end = std::min(end, setting.value.size());
  begin = std::min(begin, end);
  const std::vector<ValuePiece>& pieces = setting.pieces;
  if (pieces.empty()) {
    const std::uint64_t size = setting.bytes.size();
    return {setting.bytes.begin + std::min<std::uint64_t>(begin, size),
            setting.bytes.begin + std::min<std::uint64_t>(end, size)};
  }
  const auto piece_at = [&pieces](std::size_t at) {
    auto after = std::upper_bound(pieces.begin(), pieces.end(), at,
                                  [](std::size_t a, const ValuePiece& p) { return a < p.value; });
    return after == pieces.begin() ? after : std::prev(after);
  };
  const auto length = [&](std::vector<ValuePiece>::const_iterator piece) {
    const auto next = std::next(piece);
    return (next == pieces.end() ? setting.value.size() : next->value) - piece->value;
  };
  const auto one_to_one = [&](std::vector<ValuePiece>::const_iterator piece) {
    return length(piece) == piece->end - piece->begin;
  };
  const auto first = piece_at(begin);
  Span span;
  span.begin = one_to_one(first) ? first->begin + (begin - first->value) : first->begin;
  if (begin == end) {
    if (begin == setting.value.size() && begin > 0 && !one_to_one(first)) span.begin = first->end;
    span.end = span.begin;
    return span;
  }
  const auto last = piece_at(end - 1);
  span.end = one_to_one(last) ? last->begin + (end - last->value) : last->end;
  if (span.end < span.begin) span.end = span.begin;
  return span;
}

void rebase(std::vector<Setting>& inner, const Setting& outer, const std::vector<std::string>& prefix) {
  for (Setting& setting : inner) {
    std::vector<ValuePiece> pieces;
    const bool setting_is_copy = setting.pieces.empty();
    if (setting.pieces.empty() && !setting.value.empty())
      pieces.push_back({0, static_cast<std::uint32_t>(setting.bytes.begin),
                        static_cast<std::uint32_t>(setting.bytes.end)});
    else
      pieces = std::move(setting.pieces);

    std::vector<ValuePiece> moved;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const ValuePiece& piece = pieces[i];
      const std::size_t next = i + 1 < pieces.size() ? pieces[i + 1].value : setting.value.size();
      if (next - piece.value != piece.end - piece.begin || outer.pieces.empty()) {
        const Span span = bytes_of(outer, piece.begin, piece.end);
        moved.push_back(
            {piece.value, static_cast<std::uint32_t>(span.begin), static_cast<std::uint32_t>(span.end)});
        continue;
      }
      // A copied run may cross several runs of the outer value.
      auto run = std::upper_bound(outer.pieces.begin(), outer.pieces.end(), piece.begin,
                                  [](std::uint32_t a, const ValuePiece& p) { return a < p.value; });
      if (run != outer.pieces.begin()) --run;
      for (std::uint32_t at = piece.begin; at < piece.end && run != outer.pieces.end(); ++run) {
        const auto after = std::next(run);
        const std::uint32_t run_end =
            after == outer.pieces.end() ? static_cast<std::uint32_t>(outer.value.size()) : after->value;
        const std::uint32_t stop = std::min(run_end, piece.end);
        if (stop <= at) continue;
        const Span span = bytes_of(outer, at, stop);
        moved.push_back({piece.value + (at - piece.begin), static_cast<std::uint32_t>(span.begin),
                         static_cast<std::uint32_t>(span.end)});
        at = stop;
      }
    }
    setting.bytes = bytes_of(outer, setting.bytes.begin, setting.bytes.end);
    if (setting.key_bytes.size() != 0)
      setting.key_bytes = bytes_of(outer, setting.key_bytes.begin, setting.key_bytes.end);
    if (outer.pieces.empty() && setting_is_copy && moved.size() == 1 &&
        moved[0].begin == setting.bytes.begin && moved[0].end == setting.bytes.end &&
        setting.value.size() == setting.bytes.size())
      moved.clear();
    setting.pieces = std::move(moved);
    setting.path.insert(setting.path.begin(), prefix.begin(), prefix.end());
    setting.document = outer.document;
  }
}

}  // namespace kimiguard::config
