#include "scanner/agents/profile_snapshot.h"

#include "scanner/rulebook/snapshot_io.h"

namespace kimiguard {

template <>
inline constexpr std::size_t kFields<agents::Condition> = 2;
template <>
inline constexpr std::size_t kFields<agents::Join> = 3;
template <>
inline constexpr std::size_t kFields<agents::SlotSpec> = 28;
template <>
inline constexpr std::size_t kFields<agents::UnreadSpec> = 3;
template <>
inline constexpr std::size_t kFields<agents::WeakSpec> = 5;
template <>
inline constexpr std::size_t kFields<agents::TableSpec> = 3;
template <>
inline constexpr std::size_t kFields<agents::FileSpec> = 24;
template <>
inline constexpr std::size_t kFields<agents::ProviderSpec> = 16;
template <>
inline constexpr std::size_t kFields<agents::OverrideSpec> = 8;
template <>
inline constexpr std::size_t kFields<agents::ProxySpec> = 3;
template <>
inline constexpr std::size_t kFields<agents::KnobSpec> = 21;
template <>
inline constexpr std::size_t kFields<agents::StopSpec> = 4;
template <>
inline constexpr std::size_t kFields<agents::UsageSpec> = 3;
template <>
inline constexpr std::size_t kFields<agents::ReferenceSpec> = 3;
template <>
inline constexpr std::size_t kFields<agents::FolderSpec> = 6;
template <>
inline constexpr std::size_t kFields<agents::FamilySpec> = 7;
template <>
inline constexpr std::size_t kFields<agents::Profile> = 18;
template <>
inline constexpr std::size_t kFields<agents::Profiles> = 1;

namespace agents {

std::string write_snapshot(const Profiles& profiles) {
  SnapshotWriter writer;
  each_field(writer, profiles);
  return writer.take();
}

Result<Profiles> read_profiles_snapshot(std::string_view bytes) {
  SnapshotReader reader(bytes);
  Profiles profiles;
  each_field(reader, profiles);
  if (!reader.good()) return Error{"snapshot", "the embedded profiles are not those of this program"};
  return profiles;
}

}  // namespace agents
}  // namespace kimiguard
