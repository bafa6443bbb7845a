// Reads the fields of one TOML table into typed variables and says where and how a table is wrong.
//
// A reader is made for a table, asked for each field that such a table may have, and at its end
// complains about every key that nobody asked for. Nothing throws; complaints go to a list.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/toml_library.h"
#include "scanner/rulebook/localized.h"

namespace kimiguard::rulebook {

// What is wrong with the files read so far, each "file:line:column: what is wrong; the mend".
using Complaints = std::vector<std::string>;

enum class Need { optional, required };

// "file:line:column", for a node or key of a file.
std::string place_of(std::string_view file, const toml::source_region& where);

class TableReader {
 public:
  // `what` is how messages call such a table, with its article: "a rule". The table, the texts and
  // the list must outlive the reader.
  TableReader(const toml::table& table, std::string_view file, std::string_view what,
              Complaints& complaints)
      : table_(table), file_(file), what_(what), complaints_(complaints) {}

  void text(std::string_view key, std::string& out, Need need = Need::optional);
  void texts(std::string_view key, std::vector<std::string>& out, Need need = Need::optional);
  // { en = "…", zh = "…" }, or a plain text, which is taken for English.
  void localized(std::string_view key, Localized& out, Need need = Need::optional);
  void flag(std::string_view key, bool& out);
  void real(std::string_view key, double& out);
  void whole(std::string_view key, std::int64_t& out, std::int64_t least, std::int64_t most);
  // One of `allowed`; gives its index, or -1 if the field is absent or wrong.
  int choice(std::string_view key, const std::vector<std::string_view>& allowed,
             Need need = Need::optional);
  // An ISO date "2026-08-31", or "" where allowed.
  void date(std::string_view key, std::string& out);
  // An array of tables; `read` is called for each with a reader whose finish() is called after.
  void tables(std::string_view key, std::string_view what,
              const std::function<void(TableReader&)>& read);

  // A single table; `read` is called as for tables().
  void table(std::string_view key, std::string_view what, const std::function<void(TableReader&)>& read);
  // One scalar or an array of them, as texts: true, 3, 3.5, "x".
  void values(std::string_view key, std::vector<std::string>& out);
  // A table whose keys are free and whose values are texts.
  void map(std::string_view key, std::map<std::string, std::string>& out);
  bool has(std::string_view key) const { return table_.get(key) != nullptr; }
  // Whether the field is an array (and not a single table or value).
  bool is_array(std::string_view key) const {
    const toml::node* node = table_.get(key);
    return node != nullptr && node->is_array();
  }

  // The table's own start; 0 if unknown.
  std::uint32_t line() const { return table_.source().begin.line; }
  std::string_view file() const { return file_; }
  // Complains about the field `key` (or the table, where it has none), with the mend in the words.
  void complain(std::string_view key, const std::string& words);
  // Complains about keys that were not asked for. Call once, last.
  void finish();

 private:
  const toml::node* ask(std::string_view key, Need need);
  void wrong_type(const toml::node& node, std::string_view key, std::string_view wanted);

  const toml::table& table_;
  std::string file_;
  std::string what_;
  Complaints& complaints_;
  std::vector<std::string> asked_;
};

}  // namespace kimiguard::rulebook
