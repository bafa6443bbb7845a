#include "scanner/cli/match_collector.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <unordered_set>
#include <utility>

#include "scanner/cli/bundle_read.h"
#include "scanner/source/git/objects/bundle.h"
#include "scanner/source/unpack/unpack.h"
#include "scanner/text/position.h"

namespace kimiguard::cli {

namespace {

// A container on standard input is kept to be opened, up to this size: with what opening it takes, memory stays bounded.
constexpr std::size_t kMostStream = 64 << 20;

}  // namespace

std::string absolute_path(std::string_view path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(std::filesystem::path(path), error);
  std::string text = (error ? std::filesystem::path(path) : absolute).lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

MatchCollector::MatchCollector(std::shared_ptr<detect::Detection> detection, CollectOptions options)
    : options_(options), detection_(std::move(detection)), detector_(detection_) {}
MatchCollector::~MatchCollector() = default;

void MatchCollector::document(const Document& document) {
  windows_.clear();
  detector_.find(document, windows_);
  if (windows_.empty()) return;
  take(document, detector_.examine(document, windows_));
}

// A marker speaks for a key in the same piece; one that begins a block in an earlier piece of a file larger than
// files::kPiece is not seen, and its end is then no problem to report.
void MatchCollector::take(const Document& document, std::vector<Match> found) {
  for (Gap& gap : detector_.take_gaps()) coverage_.gaps.push_back(std::move(gap));
  std::vector<suppress::Problem> none;
  read_markers(document.bytes, document.line, document.origin->path, options_.markers, found, document.whole ? problems_ : none);
  std::move(found.begin(), found.end(), std::back_inserter(matches_));
}

void MatchCollector::document_and_inside(const Document& whole, std::string_view name) {
  const std::size_t first = matches_.size();
  document(whole);
  if (!options_.open_containers || !(unpack::has_inside(name, whole.bytes.substr(0, unpack::kFirstBytes)) || unpack::has_inside_at_end(whole.bytes))) return;
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

// Files up to this size in which something was found are looked at whole: a line's hash needs all lines
// before it, and nothing is cut off. One a thread is held at a time.
constexpr std::uint64_t kWholeFile = 16 << 20;

bool MatchCollector::whole_file(const files::OpenFile& file, const files::Piece& piece) {
  if (!file.rereadable) return false;
  const std::uint64_t size = file.size();
  if (size > kWholeFile || (piece.offset == 0 && size <= piece.bytes.size())) return false;
  const std::unique_ptr<char[]> bytes(new char[size]);
  std::uint64_t have = 0;
  while (have < size) {
    const ssize_t n = ::pread(file.descriptor, bytes.get() + have, size - have, static_cast<off_t>(have));
    if (n <= 0) return false;
    have += static_cast<std::uint64_t>(n);
  }
  Document whole;
  whole.bytes = {bytes.get(), size};
  whole.origin = current_;
  document(whole);
  keep_config(file, whole.bytes);
  coverage_.bytes += size - std::min<std::uint64_t>(size, piece.offset + piece.bytes.size());
  return true;
}

text::TextForm MatchCollector::form_of_file(const files::OpenFile& file) {
  char head[8192];
  const ssize_t n = ::pread(file.descriptor, head, sizeof head, 0);
  return text::form_of({head, n < 0 ? 0 : static_cast<std::size_t>(n)});
}

// Where the byte at `offset` stands. Lines are counted only up to places where something was found, by
// reading the file again: counting costs as much as finding.
Position MatchCollector::begin_of(const files::OpenFile& file, std::uint64_t offset) {
  constexpr std::size_t kChunk = 256 << 10;
  constexpr std::size_t kMore = 4;  // what follows decides about \r\n
  if (!file.rereadable || offset == 0) return counted_;
  const std::unique_ptr<char[]> chunk(new char[kChunk + kMore]);
  const auto read = [&](std::uint64_t at) {
    const ssize_t n = ::pread(file.descriptor, chunk.get(), kChunk + kMore, static_cast<off_t>(at));
    return std::string_view(chunk.get(), n < 0 ? 0 : static_cast<std::size_t>(n));
  };
  const text::TextForm form = form_of_file(file);
  while (counted_offset_ < offset) {
    // Zeros of a hole end no line; each is a character (the whole of one in a wide form).
    if (const off_t data = ::lseek(file.descriptor, static_cast<off_t>(counted_offset_), SEEK_DATA); data >= 0 || errno == ENXIO) {
      const std::uint64_t end = data < 0 ? offset : std::min(offset, static_cast<std::uint64_t>(data));
      if (end > counted_offset_ + kChunk) {
        const std::uint64_t characters = (end - counted_offset_) / kChunk * kChunk / text::unit_size(form);
        counted_.column += characters;
        counted_offset_ += characters * text::unit_size(form);
        continue;
      }
    }
    const std::string_view bytes = read(counted_offset_);
    const std::uint64_t step = std::min<std::uint64_t>({kChunk, offset - counted_offset_, bytes.size()});
    if (step == 0) break;  // it became shorter
    counted_ = text::position_at(bytes, step, counted_, form);
    counted_offset_ += step;
  }
  return counted_;
}

void MatchCollector::keep_config(const files::OpenFile& file, std::string_view bytes) {
  if (!options_.keep_configs) return;
  const Settings settings = settings_in(file.path, bytes, matches_.size() > first_match_, *detection_);
  if (settings == Settings::none) return;
  if (current_ == nullptr) current_ = origin_of(file);
  configs_.push_back({current_, std::string(bytes), settings});
}

void MatchCollector::inside_of(const files::OpenFile& file) {
  if (!container_) return;
  if (current_ == nullptr) current_ = origin_of(file);
  if (!file.rereadable) {
    const auto gap = [&](const char* code, const char* reason) {
      coverage_.gaps.push_back({GapKind::unreadable, code, std::string(file.path), reason, 1});
    };
    if (bundle_)
      gap("bundle", "a git bundle is read from a file, not from a pipe");
    else if (stream_.size() > kMostStream)
      gap("limit", "too large to be opened from a pipe; save it and scan the file");
    else
      coverage_.add(unpack::read_bytes(stream_, current_, {}, [&](const Document& inner) { document(inner); }));
    wipe(stream_);
  } else if (bundle_)
    coverage_.add(read_bundle(std::string(file.path), current_, detector_,
                              [&](const Document& inner) { document_and_inside(inner, inner.origin->inside.back().name); }));
  else
    coverage_.add(unpack::read_file(std::string(file.path), current_, {}, [&](const Document& inner) { document(inner); }));
  drop_raw_twins(first_match_, current_);
}

bool MatchCollector::piece(const files::OpenFile& file, const files::Piece& piece) {
  if (piece.offset == 0) {
    current_.reset();
    counted_ = {};
    counted_offset_ = 0;
    first_match_ = matches_.size();
    stream_.clear();
    bundle_ = options_.open_containers && git::is_bundle(piece.bytes);
    container_ = bundle_ || (options_.open_containers && unpack::has_inside(file.name, piece.bytes.substr(0, unpack::kFirstBytes)));
  }
  // Pieces overlap.
  if (container_ && !file.rereadable && stream_.size() <= kMostStream)
    stream_.append(piece.bytes.substr(std::min<std::uint64_t>(stream_.size() - piece.offset, piece.bytes.size())));
  windows_.clear();
  detector_.find(piece.bytes, windows_);
  if (!windows_.empty()) {
    if (current_ == nullptr) current_ = origin_of(file);
    Document document;
    document.bytes = piece.bytes;
    document.origin = current_;
    document.offset = piece.offset;
    document.seen = piece.seen;
    document.later = piece.later;
    document.whole = piece.whole;
    std::vector<Match> found = detector_.examine(document, windows_);
    if (!found.empty() && !piece.whole) {
      if (matches_.size() == first_match_ && whole_file(file, piece)) {
        inside_of(file);
        return false;
      }
      const Position begin = begin_of(file, piece.offset);
      if (file.rereadable && piece.offset != 0) document.form = form_of_file(file);
      document.line = begin.line;
      document.column = begin.column;
      found = detector_.examine(document, windows_);
    }
    take(document, std::move(found));
  }
  if (piece.whole) keep_config(file, piece.bytes);
  if (!piece.last) {
    // Where the next piece will begin, if it cannot be counted later.
    if (!file.rereadable)
      counted_ = text::position_at(piece.bytes, piece.bytes.size() - std::min(files::kOverlap, piece.bytes.size()), counted_);
  } else {
    container_ = container_ || (options_.open_containers && (file.rereadable || piece.whole) && unpack::has_inside_at_end(piece.bytes));
    if (container_ && stream_.empty() && !file.rereadable) stream_.append(piece.bytes);
    inside_of(file);
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
