#include "scanner/cli/held_before.h"

#include "scanner/cli/match_collector.h"

namespace kimiguard::cli {

bool HeldBefore::holds(const git::ObjectId& blob, const std::string& path, const std::string& secret) {
  const auto [known, fresh] = secrets_.try_emplace(blob.hex() + path);
  if (!fresh) return known->second.contains(secret);
  const auto object = store_.read(blob);
  if (!object || object->type != git::ObjectType::blob) return false;
  MatchCollector collector(detection_, {open_containers_, -1, {}, false});
  auto origin = std::make_shared<Origin>();
  origin->kind = Origin::Kind::git_object;
  origin->object_id = blob.hex();
  origin->path = path;
  Document document;
  document.bytes = object->bytes;
  document.origin = std::move(origin);
  collector.document_and_inside(document, path);
  for (const Match& match : collector.matches()) known->second.insert(match.secret.id());
  return known->second.contains(secret);
}

const git::OldFile* HeldBefore::renamed_from(const std::vector<git::OldFile>& gone, const git::ObjectId& blob, const std::string& secret) {
  std::string now;
  for (const git::OldFile& old : gone) {
    if (old.id == blob) {
      if (holds(old.id, old.path, secret)) return &old;
      continue;
    }
    if (!holds(old.id, old.path, secret)) continue;
    if (now.empty())
      if (auto object = store_.read(blob); object) now = std::move(object->bytes);
    const auto before = store_.read(old.id);
    if (before && git::is_similar(before->bytes, now)) return &old;
  }
  return nullptr;
}

}  // namespace kimiguard::cli
