#include "scanner/cli/match_collector.h"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <filesystem>
#include <unordered_set>
#include <utility>

#include "scanner/source/unpack/unpack.h"
#include "scanner/text/position.h"

namespace kimiguard::cli {

std::string absolute_path(std::string_view path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(std::filesystem::path(path), error);
  std::string text = (error ? std::filesystem::path(path) : absolute).lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

MatchCollector::MatchCollector(std::shared_ptr<detect::Detection> detection, CollectOptions options)
    : options_(options), detector_(std::move(detection)) {}
MatchCollector::~MatchCollector() = default;

void MatchCollector::document(const Document& document) {
  windows_.clear();
  detector_.find(document.bytes, windows_);
  if (windows_.empty()) return;
  take(document, detector_.examine(document, windows_));
}

// A marker speaks for a key in the same piece; one that begins a block in an earlier piece of a file larger than
// files::kPiece is not seen, and its end is then no problem to report.
void MatchCollector::take(const Document& document, std::vector<Match> found) {
  std::vector<suppress::Problem> none;
  read_markers(document.bytes, document.line, document.origin->path, options_.markers, found, document.whole ? problems_ : none);
  std::move(found.begin(), found.end(), std::back_inserter(matches_));
}

void MatchCollector::document_and_inside(const Document& whole, std::string_view name) {
  const std::size_t first = matches_.size();
  document(whole);
  if (!options_.open_containers || !unpack::has_inside(name, whole.bytes.substr(0, unpack::kFirstBytes))) return;
  coverage_.add(unpack::read_bytes(whole.bytes, whole.origin, {}, [&](const Document& inner) { document(inner); }));
  drop_raw_twins(first, whole.origin);
}

// A key found inside a container is also seen in the container's raw bytes where these hold it plainly;
// the place inside says more. What only the raw bytes hold (a deleted row) stays.
void MatchCollector::drop_raw_twins(std::size_t first, const std::shared_ptr<const Origin>& outer) {
  std::unordered_set<std::string> inside;
  for (std::size_t i = first; i < matches_.size(); ++i)
    if (matches_[i].origin != nullptr && matches_[i].origin->inside.size() > outer->inside.size())
      inside.insert(matches_[i].secret.id());
  if (inside.empty()) return;
  const auto begin = matches_.begin() + static_cast<std::ptrdiff_t>(first);
  matches_.erase(std::remove_if(begin, matches_.end(),
                                [&](const Match& match) {
                                  return match.origin->inside.size() == outer->inside.size() && inside.contains(match.secret.id());
                                }),
                 matches_.end());
}

std::shared_ptr<const Origin> MatchCollector::origin_of(const files::OpenFile& file) const {
  auto origin = std::make_shared<Origin>();
  origin->kind = Origin::Kind::file;
  origin->path = std::string(file.path);
  if (origin->path.starts_with("./") && origin->path.size() > 2) origin->path.erase(0, 2);
  origin->absolute_path = absolute_path(file.path);
  origin->root = options_.root;
  origin->mode = file.mode();
  return origin;
}

bool MatchCollector::piece(const files::OpenFile& file, const files::Piece& piece) {
  if (piece.offset == 0) {
    current_.reset();
    next_position_ = {};
    first_match_ = matches_.size();
    container_ = options_.open_containers && unpack::has_inside(file.name, piece.bytes.substr(0, unpack::kFirstBytes));
  }
  windows_.clear();
  detector_.find(piece.bytes, windows_);
  if (!windows_.empty()) {
    if (current_ == nullptr) current_ = origin_of(file);
    Document document;
    document.bytes = piece.bytes;
    document.origin = current_;
    document.offset = piece.offset;
    document.line = next_position_.line;
    document.column = next_position_.column;
    document.seen = piece.seen;
    document.whole = piece.whole;
    take(document, detector_.examine(document, windows_));
  }
  if (options_.keep_configs && piece.whole) {
    const Settings settings = settings_in(file.path, piece.bytes, matches_.size() > first_match_);
    if (settings != Settings::none) {
      if (current_ == nullptr) current_ = origin_of(file);
      configs_.push_back({current_, std::string(piece.bytes), settings});
    }
  }
  if (!piece.last) {
    // Where the next piece will begin.
    const std::uint64_t advance = piece.bytes.size() - std::min(files::kOverlap, piece.bytes.size());
    next_position_ = text::position_at(piece.bytes, advance, next_position_);
  } else if (container_) {
    if (current_ == nullptr) current_ = origin_of(file);
    coverage_.add(unpack::read_file(std::string(file.path), current_, {}, [&](const Document& inner) { document(inner); }));
    drop_raw_twins(first_match_, current_);
  }
  return true;
}

void MatchCollector::long_name(std::string_view path, std::string_view text, bool link_target) {
  Document document;
  document.bytes = text;
  auto origin = std::make_shared<Origin>();
  origin->path = std::string(path.starts_with("./") ? path.substr(2) : path);
  origin->absolute_path = absolute_path(path);
  origin->root = options_.root;
  document.origin = origin;
  document.whole = true;
  (void)link_target;
  this->document(document);
}

void MatchCollector::repository(std::string_view path, bool bare) { repositories_.push_back({std::string(path), bare}); }

Coverage MatchCollector::coverage() { return std::exchange(coverage_, {}); }

void MatchCollector::hand_over(Collected& to) {
  const auto move = [](auto& from, auto& into) {
    std::move(from.begin(), from.end(), std::back_inserter(into));
    from.clear();
  };
  move(matches_, to.matches);
  move(repositories_, to.repositories);
  move(configs_, to.configs);
  move(problems_, to.problems);
}

}  // namespace kimiguard::cli
