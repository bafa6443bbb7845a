#include "scanner/rulebook/snapshot.h"

#include "scanner/rulebook/snapshot_io.h"

namespace kimiguard {

template <>
inline constexpr std::size_t kFields<IssuerMark> = 2;
template <>
inline constexpr std::size_t kFields<MessageVariant> = 3;
template <>
inline constexpr std::size_t kFields<Rule> = 34;
template <>
inline constexpr std::size_t kFields<Realm> = 14;
template <>
inline constexpr std::size_t kFields<Vendor> = 11;
template <>
inline constexpr std::size_t kFields<VariableFact> = 5;
template <>
inline constexpr std::size_t kFields<Model> = 5;
template <>
inline constexpr std::size_t kFields<ErrorMeaning> = 13;
template <>
inline constexpr std::size_t kFields<RemedyStep> = 2;
template <>
inline constexpr std::size_t kFields<Remedy> = 5;
template <>
inline constexpr std::size_t kFields<SeverityRow> = 5;
template <>
inline constexpr std::size_t kFields<Tier> = 9;
template <>
inline constexpr std::size_t kFields<DeadEndpoint> = 5;
template <>
inline constexpr std::size_t kFields<SettingNames> = 9;
template <>
inline constexpr std::size_t kFields<Rulebook> = 22;

std::string write_snapshot(const Rulebook& book) {
  SnapshotWriter writer;
  each_field(writer, book);
  return writer.take();
}

Result<Rulebook> read_snapshot(std::string_view bytes) {
  SnapshotReader reader(bytes);
  Rulebook book;
  each_field(reader, book);
  if (!reader.good()) return Error{"snapshot", "the embedded rules are not those of this program"};
  return book;
}

}  // namespace kimiguard
