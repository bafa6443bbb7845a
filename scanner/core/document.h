// What sources hand to detection: bytes, and where they come from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/exposure.h"

namespace kimiguard {

namespace text {
enum class TextForm;
}

// What an outer file held: a member of an archive, or a cell of a database.
struct Inside {
  enum class Kind { archive_member, table_cell, key_value };
  Kind kind = Kind::archive_member;
  std::string name;    // member path; table name; key
  std::string row;     // table_cell: row id as text
  std::string column;  // table_cell: column name
};

// Where a document comes from. Shared by its pieces and matches; made only when something is found
// or a file is opened, never for each git object.
struct Origin {
  enum class Kind { file, standard_input, git_object, git_text, process, environment };
  Kind kind = Kind::file;

  // How people see it: as the user gave it (file), `.git/commit/<oid12>` and so on (git).
  std::string path;
  // The PATH argument it was reached from, as an index; -1 for none.
  int root = 0;
  // Absolute path of the file, or of the git directory for git_object and git_text.
  std::string absolute_path;
  // git_object: full hex id and type ("blob", "commit", "tag", "tree").
  std::string object_id;
  std::string object_type;
  // Outermost first; empty for a plain file.
  std::vector<Inside> inside;
  std::uint32_t mode = 0;  // st_mode of the file, 0 if none
};

// Bytes that belong together. `bytes` lives as long as the call it is passed to. A file larger than
// a piece comes as several documents that overlap: `offset`, `line` and `column` say where the first
// byte stands in the outer file, `seen` how many leading bytes an earlier piece already showed.
struct Document {
  std::string_view bytes;
  std::shared_ptr<const Origin> origin;
  std::uint64_t offset = 0;   // bytes
  std::uint64_t line = 1;     // 1-based
  std::uint64_t column = 1;   // 1-based, code points
  std::uint64_t seen = 0;     // bytes
  std::uint64_t later = 0;    // trailing bytes: what ends in them the next piece reports, with more around it
  bool whole = true;          // the piece is the whole document
  bool joined = false;        // values of a row stand in it with nothing between them, not even a boundary
  // How the bytes are text, where the beginning of the file told and this piece does not.
  std::optional<text::TextForm> form;
  // For evidence only, never searched for keys: the rest of the same scope, where that is not in
  // `bytes` (the other cells of a table's row, as "column=value" lines). Lives as long as `bytes`.
  std::string_view context;
};

}  // namespace kimiguard
