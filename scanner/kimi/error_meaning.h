// What a pasted API error says: the answer's own words looked up in rules/errors.toml, and the names
// and numbers in it.
//
// The text may be a JSON body, an SDK's exception, a log line, curl's output or a screenful of a
// terminal; colours, line breaks inside sentences, JSON escapes and HTML entities are seen through.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/secret.h"
#include "scanner/kimi/key_kind.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::kimi {

struct DecodedError {
  const ErrorMeaning* meaning = nullptr;  // null: nothing in the text is known

  int status = 0;            // HTTP, 0 = none in the text
  std::string type;          // error.type
  std::string message;       // error.message, else ""; keys in it are masked
  std::string organization;  // org-…
  std::string project;       // proj-…
  std::string key_id;        // ak-…: names the key in the console, is no secret
  std::string user;          // Msh-Uid
  std::string request_id;
  std::optional<std::int64_t> current;  // of the bucket
  std::optional<std::int64_t> limit;
  std::optional<double> wait_seconds;  // "try again after …"
  std::string model;
  std::string bucket;              // TPD, TPM, RPM, concurrency, balance, plan, capacity, ""
  std::vector<const Tier*> tiers;  // tiers that have this limit; the one of Msh-Gid where it stands

  std::string host;                   // API host that was asked, "" = not in the text
  std::string url;                    // as asked, without user info and query
  const Realm* realm = nullptr;       // who says it, where the host tells
  const Vendor* vendor = nullptr;     // likewise, when it is not Kimi
  std::string product;                // platform, kimi-code, a vendor id, "" = not known
  bool ids_may_be_resellers = false;  // org-… and ak-… may belong to a gateway's own account

  // live, dead, wrong-realm, missing, unknown: the row's, sharpened where the text also holds the key
  // and the host that it was sent to.
  std::string key_state = "unknown";
  std::optional<Secret> key;  // a key that stands in the text
  std::string key_prefix;     // "sk-kimi-" where only a masked key stands there
  bool retry = false;

  // Fills {placeholders} of the row's texts; every name has a value ("?" where it is not known).
  std::map<std::string, std::string> arguments;
};

// Compiles the rows' expressions once; immutable, so one object serves all threads. The rulebook must
// outlive it and what it returns.
class ErrorReader {
 public:
  explicit ErrorReader(const Rulebook& book);
  ~ErrorReader();
  ErrorReader(ErrorReader&&) noexcept;
  ErrorReader& operator=(ErrorReader&&) noexcept;

  // Reads the first mebibyte of `text`. Never fails: what is not known stays empty.
  DecodedError read(std::string_view text) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

// `text` without colours, with JSON escapes and the entities of < > & " ' resolved, and every run of
// blanks and line breaks made one space.
std::string plain_text(std::string_view text);

}  // namespace kimiguard::kimi
