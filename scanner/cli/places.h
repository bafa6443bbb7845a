// How places are named in reports: bases of URIs, paths below them, what people see (design §4).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/finding.h"

namespace kimiguard::cli {

// Percent-encodes a path for a URI (RFC 3986), "/" kept.
std::string uri_path(std::string_view path);

// The path below `folder`, "" for the folder itself; nothing if it lies elsewhere. Both absolute.
std::optional<std::string> path_below(const std::string& path, const std::string& folder);

class PlaceNamer {
 public:
  // `paths` as the user gave them, in order.
  explicit PlaceNamer(const std::vector<std::string>& paths);

  // Names of bases with their file URIs, only those that `base_of` has given.
  std::map<std::string, std::string> uri_bases() const;

  // For an absolute path: the base that holds it and the path below it ("" base: none does).
  struct Named {
    std::string base;
    std::string below;
  };
  Named name(const std::string& absolute, int root);

  // The other way: the absolute path of a named place.
  std::string absolute(const std::string& base, const std::string& below) const;

  // As the user would write it: relative where they gave relative paths.
  std::string shown(const std::string& absolute) const;

  // The outermost repository around each PATH, "" where there is none.
  const std::vector<std::string>& roots() const { return roots_; }
  // The outermost repository that holds all PATHs; empty if there is none or there are two.
  const std::string& source_root() const { return source_root_; }
  // "src/" for a PATH below the root, "" for the root or several.
  std::string path_below_root() const;

 private:
  std::vector<std::string> absolute_;  // PATHs
  std::vector<bool> is_file_;
  std::vector<std::string> roots_;     // outermost repository of each
  std::string source_root_;
  std::string here_;                   // current folder
  bool relative_ = true;               // every PATH was given relative
};

}  // namespace kimiguard::cli
