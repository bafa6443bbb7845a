#include "scanner/cli/base_allowance.h"

#include <algorithm>
#include <utility>

#include "scanner/suppress/inline_marker.h"

namespace kimiguard::cli {

BaseAllowance::BaseAllowance(const git::Repository& repository, std::string base, bool foreign)
    : repository_(repository), base_(std::move(base)), foreign_(foreign) {
  if (auto store = git::ObjectStore::open(repository.objects_dir, repository.hash, {})) store_ = std::move(*store);
}

std::optional<std::string> BaseAllowance::file(const std::string& path) const {
  if (store_ == nullptr || base_.empty()) return std::nullopt;
  const auto id = git::resolve_revision(repository_, refs_, *store_, base_ + ":" + path);
  if (!id) return std::nullopt;
  auto object = store_->read(*id);
  if (!object || object->type != git::ObjectType::blob) return std::nullopt;
  return std::string(object->bytes.data(), object->bytes.size());
}

const std::vector<BaseAllowance::Line>& BaseAllowance::lines_of(const std::string& path) {
  const auto known = lines_.find(path);
  if (known != lines_.end()) return known->second;
  std::vector<Line>& lines = lines_[path];
  const std::optional<std::string> text = file(path);
  if (!text) return lines;
  const suppress::Allowances found =
      suppress::read_markers(*text, path, foreign_ ? suppress::Foreign::honour : suppress::Foreign::ignore);
  if (found.allowed.empty()) return lines;
  std::uint64_t number = 0;
  for (std::size_t at = 0; at < text->size();) {
    ++number;
    const std::size_t end = std::min(text->find_first_of("\r\n", at), text->size());
    if (const suppress::Allowance* one = found.covering(number, number))
      lines.push_back({text->substr(at, end - at), {one->reason, one->marker_line}});
    at = end + 1;
    if (end + 1 < text->size() && (*text)[end] == '\r' && (*text)[end + 1] == '\n') ++at;
  }
  return lines;
}

std::shared_ptr<const Allowed> BaseAllowance::allowed(const std::string& path, std::string_view secret) {
  if (secret.empty()) return nullptr;
  for (const Line& line : lines_of(path))
    if (line.text.find(secret) != std::string::npos) return std::make_shared<const Allowed>(line.by);
  return nullptr;
}

}  // namespace kimiguard::cli
