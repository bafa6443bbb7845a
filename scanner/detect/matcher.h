// The pattern database and one thread's right to use it.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "scanner/core/result.h"
#include "scanner/core/span.h"

struct hs_database;
struct hs_scratch;

namespace kimiguard::detect {

// One pattern that ends at `end` in the scanned bytes. There is no start: the caller confirms with RE2.
struct RawHit {
  unsigned id = 0;
  std::uint64_t end = 0;
};

// A loaded database. Immutable; many threads may share it, each with its own Scratch.
class Matcher {
 public:
  // From hs_serialize_database's bytes. Fails (code "database") if they are not for this library or
  // machine: then compile again.
  static Result<std::shared_ptr<const Matcher>> load(std::string_view serialized);
  ~Matcher();
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  class Scratch {
   public:
    explicit Scratch(std::shared_ptr<const Matcher> matcher);
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    // Appends every hit in `bytes` (at most `most`; then stops). Bytes over 4 GB are not looked at:
    // the caller cuts them.
    void scan(std::string_view bytes, std::vector<RawHit>& hits, std::size_t most = 1 << 20);

   private:
    std::shared_ptr<const Matcher> matcher_;
    hs_scratch* scratch_ = nullptr;
  };

 private:
  explicit Matcher(hs_database* database) : database_(database) {}
  hs_database* database_;
};

}  // namespace kimiguard::detect
