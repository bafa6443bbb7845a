// How places are named in an audit: below the home, below a PATH, elsewhere in the system (design §4).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kimiguard::cli {

class AuditPlaces {
 public:
  // `home` and `paths` absolute; `shown_home` and `shown_paths` as people see them ("~", "../work").
  AuditPlaces(std::string home, std::string shown_home, std::vector<std::string> paths,
              std::vector<std::string> shown_paths);

  struct Named {
    std::string base;   // HOME, PATH1 …, SYSTEM
    std::string below;  // path below it, raw bytes
  };
  // Of an absolute path, or of "proc/<pid>/environ".
  Named name(const std::string& path) const;
  // As people see it: below a PATH as that was given, below the home with its name, else absolute.
  std::string shown(const std::string& path) const;
  // The other way: the absolute path of a named place; "" for one that is no file.
  std::string on_disk(const std::string& base, const std::string& below) const;
  // Whether one of the PATHs holds it; its index, or -1.
  int path_of(const std::string& path) const;
  // Whether one of the PATHs lies below a folder.
  bool holds_path(const std::string& folder) const;
  // Every place in a sentence that begins with an absolute path below the home or a PATH.
  std::string shown_in(std::string_view text) const;

  // HOME, each PATH outside the home, SYSTEM.
  std::map<std::string, std::string> uri_bases() const;

 private:
  std::string home_, shown_home_;
  std::vector<std::string> paths_, shown_paths_, bases_;
};

// Whether `path` is `folder` or lies below it; both absolute.
bool is_below(std::string_view path, std::string_view folder);

}  // namespace kimiguard::cli
