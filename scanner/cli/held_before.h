// Whether a key that a file holds was there before: users of a hook, and reviewers of a range, ask what is new.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "scanner/detect/detector.h"
#include "scanner/source/git/history/preimage.h"
#include "scanner/source/git/objects/object_store.h"

namespace kimiguard::cli {

// Reads versions of files only when a key was found in the one that replaces them. One thread.
class HeldBefore {
 public:
  HeldBefore(const git::ObjectStore& store, std::shared_ptr<detect::Detection> detection, bool open_containers)
      : store_(store), detection_(std::move(detection)), open_containers_(open_containers) {}

  // Whether the blob, read as the file at `path`, holds the secret. False where it cannot be read.
  bool holds(const git::ObjectId& blob, const std::string& path, const std::string& secret);

  // The one of `gone` that was renamed to `path` and holds the secret; null if there is none.
  const git::OldFile* renamed_from(const std::vector<git::OldFile>& gone, const git::ObjectId& blob, const std::string& secret);

 private:
  const git::ObjectStore& store_;
  std::shared_ptr<detect::Detection> detection_;
  bool open_containers_;
  std::unordered_map<std::string, std::set<std::string>> secrets_;  // by blob and path
};

}  // namespace kimiguard::cli
