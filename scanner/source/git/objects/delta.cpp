#include "scanner/source/git/objects/delta.h"

#include <cstring>

namespace kimiguard::git {
namespace {

bool read_size(const char*& at, const char* end, std::uint64_t& size) {
  size = 0;
  for (int shift = 0; at < end && shift < 63; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(*at++);
    size |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) return true;
  }
  return false;
}

// Most instructions move fewer than 100 bytes, where a call of memcpy costs more than the copy.
inline void copy_overshooting(char* to, const char* from, std::size_t length) {
  if (length > 256) {
    std::memcpy(to, from, length);
    return;
  }
  char* const end = to + length;
  do {
    char block[32];
    std::memcpy(block, from, sizeof block);
    std::memcpy(to, block, sizeof block);
    to += sizeof block;
    from += sizeof block;
  } while (to < end);
}

}  // namespace

std::optional<DeltaHead> read_delta_head(std::string_view delta) {
  const char* at = delta.data();
  const char* const end = at + delta.size();
  DeltaHead head;
  if (!read_size(at, end, head.base_size) || !read_size(at, end, head.result_size)) return std::nullopt;
  head.length = static_cast<std::size_t>(at - delta.data());
  return head;
}

bool delta_is_sound(std::string_view delta, const DeltaHead& head, std::uint64_t base_size) {
  if (base_size != head.base_size) return false;
  DeltaReader reader(delta, head);
  DeltaStep step;
  std::uint64_t filled = 0;
  while (!reader.at_end()) {
    if (!reader.next(step)) return false;
    if (step.copy && (step.from > base_size || step.length > base_size - step.from)) return false;
    if (step.length > head.result_size - filled) return false;
    filled += step.length;
  }
  return filled == head.result_size;
}

bool apply_delta(std::string_view base, std::string_view delta, const DeltaHead& head, char* out) {
  if (base.size() != head.base_size) return false;
  DeltaReader reader(delta, head);
  DeltaStep step;
  char* to = out;
  std::size_t room = head.result_size;
  while (!reader.at_end()) {
    if (!reader.next(step) || step.length > room) return false;
    if (step.copy) {
      if (step.from > base.size() || step.length > base.size() - step.from) return false;
      copy_overshooting(to, base.data() + step.from, step.length);
    } else {
      // Inserted bytes come from the delta's buffer, which has slack of its own.
      copy_overshooting(to, delta.data() + step.from, step.length);
    }
    to += step.length;
    room -= step.length;
  }
  return room == 0;
}

bool read_delta_steps(std::string_view delta, const DeltaHead& head, std::uint64_t base_size,
                      std::vector<DeltaStep>& steps) {
  steps.clear();
  if (base_size != head.base_size) return false;
  DeltaReader reader(delta, head);
  DeltaStep step;
  std::uint64_t filled = 0;
  while (!reader.at_end()) {
    if (!reader.next(step)) return false;
    if (step.copy && (step.from > base_size || step.length > base_size - step.from)) return false;
    if (step.length > head.result_size - filled) return false;
    step.to = filled;
    filled += step.length;
    if (!steps.empty()) {
      DeltaStep& last = steps.back();
      if (last.copy == step.copy && last.from + last.length == step.from &&
          last.length <= 0xffffffffU - step.length && step.copy) {
        last.length += step.length;
        continue;
      }
    }
    steps.push_back(step);
  }
  return filled == head.result_size;
}

void apply_steps(std::string_view base, std::string_view delta, const std::vector<DeltaStep>& steps,
                 char* out) {
  for (const DeltaStep& step : steps)
    copy_overshooting(out + step.to, (step.copy ? base.data() : delta.data()) + step.from, step.length);
}

}  // namespace kimiguard::git
