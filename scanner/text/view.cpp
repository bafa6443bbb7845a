#include "scanner/text/view.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "scanner/text/utf8.h"

namespace kimiguard::text {

void PieceMap::append(std::uint64_t decoded, Span source, std::uint32_t per, std::uint32_t of) {
  if (decoded == 0) return;
  if (per != 0 && !pieces_.empty()) {
    Piece& last = pieces_.back();
    // A ratio only goes on where the piece before ended on a whole group.
    if (last.per == per && last.of == of && last.source.end == source.begin &&
        last.decoded_size % of == 0) {
      last.decoded_size += decoded;
      last.source.end = source.end;
      size_ += decoded;
      return;
    }
  }
  pieces_.push_back({size_, decoded, source, per, of});
  size_ += decoded;
}

std::size_t PieceMap::piece_of(std::uint64_t decoded) const {
  const auto after =
      std::upper_bound(pieces_.begin(), pieces_.end(), decoded,
                       [](std::uint64_t at, const Piece& piece) { return at < piece.decoded; });
  return static_cast<std::size_t>(std::distance(pieces_.begin(), after)) - 1;
}

Span PieceMap::to_source(Span decoded) const {
  if (pieces_.empty()) return {};
  const auto begin_of = [](const Piece& piece, std::uint64_t at) {
    if (piece.per == 0) return piece.source.begin;
    return std::min(piece.source.end, piece.source.begin + (at - piece.decoded) * piece.per / piece.of);
  };
  if (decoded.begin >= size_) return {pieces_.back().source.end, pieces_.back().source.end};
  const std::uint64_t begin = begin_of(pieces_[piece_of(decoded.begin)], decoded.begin);
  const std::uint64_t last = std::min(decoded.end, size_);
  if (last <= decoded.begin) return {begin, begin};
  const Piece& piece = pieces_[piece_of(last - 1)];
  if (piece.per == 0 || last == piece.decoded + piece.decoded_size) return {begin, piece.source.end};
  const std::uint64_t groups = ((last - piece.decoded) * piece.per + piece.of - 1) / piece.of;
  return {begin, std::min(piece.source.end, piece.source.begin + groups)};
}

Span PieceMap::from_source(Span source) const {
  // First piece that ends behind the begin, last piece that begins before the end.
  const auto first = std::partition_point(pieces_.begin(), pieces_.end(), [&](const Piece& piece) {
    return piece.source.end <= source.begin;
  });
  const auto behind = std::partition_point(
      first, pieces_.end(), [&](const Piece& piece) { return piece.source.begin < source.end; });
  if (first == pieces_.end()) return {size_, size_};
  std::uint64_t begin = first->decoded;
  if (first->per != 0 && source.begin > first->source.begin) {
    begin = std::min(first->decoded + first->decoded_size,
                     first->decoded + (source.begin - first->source.begin) * first->of / first->per);
  }
  if (behind == first) return {begin, begin};
  const Piece& last = *std::prev(behind);
  std::uint64_t end = last.decoded + last.decoded_size;
  if (last.per != 0 && source.end < last.source.end) {
    end = std::min(
        end, last.decoded + ((source.end - last.source.begin) * last.of + last.per - 1) / last.per);
  }
  return {begin, std::max(begin, end)};
}

Span View::to_source(Span decoded) const {
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer)
    decoded = layer->to_source(decoded);
  return decoded;
}

Span View::from_source(Span span) const {
  for (const PieceMap& layer : layers) span = layer.from_source(span);
  return span;
}

View compose(const View& outer, View inner) {
  View view;
  view.text = std::move(inner.text);
  view.chain = outer.chain;
  view.chain.insert(view.chain.end(), std::make_move_iterator(inner.chain.begin()),
                    std::make_move_iterator(inner.chain.end()));
  view.source = outer.to_source(inner.source);
  view.layers = outer.layers;
  view.layers.insert(view.layers.end(), std::make_move_iterator(inner.layers.begin()),
                     std::make_move_iterator(inner.layers.end()));
  return view;
}

ViewBuilder::ViewBuilder(std::string_view bytes, std::string encoding, Span source) : bytes_(bytes) {
  view_.chain.push_back(std::move(encoding));
  view_.source = source;
  view_.layers.emplace_back();
}

void ViewBuilder::copy(std::uint64_t begin, std::uint64_t end) {
  if (begin >= end) return;
  view_.text.append(bytes_.substr(begin, end - begin));
  view_.layers.back().append(end - begin, {begin, end}, 1, 1);
}

void ViewBuilder::put(std::string_view decoded, Span source, std::uint32_t per, std::uint32_t of) {
  view_.text.append(decoded);
  view_.layers.back().append(decoded.size(), source, per, of);
}

void ViewBuilder::put_code_point(char32_t code, Span source, std::uint32_t per, std::uint32_t of) {
  const std::size_t before = view_.text.size();
  append_utf8(view_.text, code);
  const std::size_t size = view_.text.size() - before;
  if (size == 1) {
    view_.layers.back().append(1, source, per, of);
  } else {
    view_.layers.back().append(size, source, 0, 0);
  }
}

}  // namespace kimiguard::text
