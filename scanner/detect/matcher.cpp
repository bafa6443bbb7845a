#include "scanner/detect/matcher.h"

#include <hs_runtime.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <stdexcept>

namespace kimiguard::detect {
namespace {

struct Collecting {
  std::vector<RawHit>* hits;
  std::size_t most;
};

int collect(unsigned id, unsigned long long, unsigned long long end, unsigned, void* context) {
  auto* to = static_cast<Collecting*>(context);
  // The same pattern reports each end it could have; the last of a stretch is enough for RE2.
  if (!to->hits->empty() && to->hits->back().id == id && end - to->hits->back().end <= 1) {
    to->hits->back().end = end;
    return 0;
  }
  if (to->hits->size() >= to->most) return 1;
  to->hits->push_back({id, end, end});
  return 0;
}

}  // namespace

Result<std::shared_ptr<const Matcher>> Matcher::load(std::string_view serialized) {
  hs_database_t* database = nullptr;
  if (hs_deserialize_database(serialized.data(), serialized.size(), &database) != HS_SUCCESS)
    return Error{"database", "the pattern database does not load on this machine"};
  return std::shared_ptr<const Matcher>(new Matcher(database, database));
}

Result<std::shared_ptr<const Matcher>> Matcher::in_place(std::string_view image) {
  const auto* database = reinterpret_cast<const hs_database_t*>(image.data());
  std::size_t size = 0;
  // The size's question checks the mark and the version of the library.
  if (image.size() < 128 || reinterpret_cast<std::uintptr_t>(image.data()) % 64 != 0 || hs_valid_platform() != HS_SUCCESS ||
      hs_database_size(database, &size) != HS_SUCCESS || size > image.size())
    return Error{"database", "the pattern database does not load on this machine"};
  return std::shared_ptr<const Matcher>(new Matcher(database, nullptr));
}

Matcher::~Matcher() {
  if (owned_ != nullptr) hs_free_database(owned_);
}

Matcher::Scratch::Scratch(std::shared_ptr<const Matcher> matcher) : matcher_(std::move(matcher)) {}

Matcher::Scratch::~Scratch() {
  if (scratch_ != nullptr) hs_free_scratch(scratch_);
}

void Matcher::Scratch::scan(std::string_view bytes, std::vector<RawHit>& hits, std::size_t most) {
  if (scratch_ == nullptr && hs_alloc_scratch(matcher_->database_, &scratch_) != HS_SUCCESS) throw std::bad_alloc();
  Collecting to{&hits, most};
  const std::size_t size = std::min<std::size_t>(bytes.size(), 0xFFFFFFFFu);
  const hs_error_t status = hs_scan(matcher_->database_, bytes.data(), static_cast<unsigned>(size), 0, scratch_, collect, &to);
  if (status != HS_SUCCESS && status != HS_SCAN_TERMINATED) throw std::runtime_error("hs_scan failed");
}

}  // namespace kimiguard::detect
