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
  std::uint64_t first_end = 0;  // the first of a stretch of ends next to each other, of which `end` is the last
};

// A loaded database. Immutable; many threads may share it, each with its own Scratch.
class Matcher {
 public:
  // From hs_serialize_database's bytes, which are copied and checked. Fails (code "database") if they are
  // not for this library or machine: then compile again.
  static Result<std::shared_ptr<const Matcher>> load(std::string_view serialized);
  // Uses a database where it lies, as the build embedded it (embedded.h): nothing is copied, and pages that
  // no scan needs are never read. `image` begins at a multiple of 64 and lives as long as the program. Fails
  // as load() does.
  static Result<std::shared_ptr<const Matcher>> in_place(std::string_view image);
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
    // the caller cuts them. Memory is taken at the first call; throws std::bad_alloc if there is none, so that
    // nothing passes for clean that was not looked at.
    void scan(std::string_view bytes, std::vector<RawHit>& hits, std::size_t most = 1 << 20);

   private:
    std::shared_ptr<const Matcher> matcher_;
    hs_scratch* scratch_ = nullptr;
  };

 private:
  Matcher(const hs_database* database, hs_database* owned) : database_(database), owned_(owned) {}
  const hs_database* database_;
  hs_database* owned_;  // null where it lies in the program
};

}  // namespace kimiguard::detect
