// How places are named in reports: bases of URIs, paths below them, what people see (design §4).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/finding.h"

namespace kimiguard::cli {

// Percent-encodes a path for a URI (RFC 3986), "/" kept.
std::string uri_path(std::string_view path);

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

  // As the user would write it: relative where they gave relative paths.
  std::string shown(const std::string& absolute) const;

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
