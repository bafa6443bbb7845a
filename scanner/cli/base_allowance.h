// What the base revision of a range allows: a pull request cannot allow its own leak (design §7).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/suppression.h"
#include "scanner/source/git/history/revision.h"
#include "scanner/source/git/objects/object_store.h"
#include "scanner/source/git/repository/ref_snapshot.h"
#include "scanner/source/git/repository/repository.h"

namespace kimiguard::cli {

class BaseAllowance {
 public:
  // `base`: a commit's full hex. The repository must outlive this object.
  BaseAllowance(const git::Repository& repository, std::string base, bool foreign);

  // The bytes of a file of that commit; nothing if it has none at that path (below its root).
  std::optional<std::string> file(const std::string& path) const;

  // The marker of that commit's version of the file that covers a line with this very secret in it. A line that
  // was changed around the secret stays allowed; an encoded secret, or a renamed file, is not.
  std::shared_ptr<const Allowed> allowed(const std::string& path, std::string_view secret);

 private:
  struct Line {
    std::string text;
    Allowed by;
  };
  const std::vector<Line>& lines_of(const std::string& path);

  const git::Repository& repository_;
  std::string base_;
  bool foreign_;
  std::shared_ptr<git::ObjectStore> store_;  // null: it could not be opened, so nothing is allowed
  git::RefSnapshot refs_;
  std::map<std::string, std::vector<Line>> lines_;  // by path
};

}  // namespace kimiguard::cli
