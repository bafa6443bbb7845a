#include "scanner/agents/profile_snapshot.h"

#include <type_traits>

#include "scanner/rulebook/snapshot_io.h"

// snapshot_io.h finds these by their arguments, so they stand in the namespaces of what they read.
namespace kimiguard {

// `T` is the struct or const of it. A field that is added to a struct and not here does not compile.
template <class T, class Struct>
static constexpr bool kIs = std::is_same_v<std::remove_const_t<T>, Struct>;

template <class Io, class T>
  requires kIs<T, Localized>
static void fields(Io& io, T& value) {
  auto& [a, b] = value;
  io(a, b);
}

namespace agents {

template <class Io, class T>
  requires kIs<T, Condition>
static void fields(Io& io, T& value) {
  auto& [a, b] = value;
  io(a, b);
}
template <class Io, class T>
  requires kIs<T, Join>
static void fields(Io& io, T& value) {
  auto& [a, b, c] = value;
  io(a, b, c);
}
template <class Io, class T>
  requires kIs<T, SlotSpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y] = value;
  io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y);
}
template <class Io, class T>
  requires kIs<T, UnreadSpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c] = value;
  io(a, b, c);
}
template <class Io, class T>
  requires kIs<T, WeakSpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e] = value;
  io(a, b, c, d, e);
}
template <class Io, class T>
  requires kIs<T, TableSpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c] = value;
  io(a, b, c);
}
template <class Io, class T>
  requires kIs<T, FileSpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u] = value;
  io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u);
}
template <class Io, class T>
  requires kIs<T, ProviderSpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = value;
  io(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
}
template <class Io, class T>
  requires kIs<T, OverrideSpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g] = value;
  io(a, b, c, d, e, f, g);
}
template <class Io, class T>
  requires kIs<T, ProxySpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c] = value;
  io(a, b, c);
}
template <class Io, class T>
  requires kIs<T, KnobSpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t] = value;
  io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t);
}
template <class Io, class T>
  requires kIs<T, StopSpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d] = value;
  io(a, b, c, d);
}
template <class Io, class T>
  requires kIs<T, UsageSpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c] = value;
  io(a, b, c);
}
template <class Io, class T>
  requires kIs<T, ReferenceSpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c] = value;
  io(a, b, c);
}
template <class Io, class T>
  requires kIs<T, FolderSpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f] = value;
  io(a, b, c, d, e, f);
}
template <class Io, class T>
  requires kIs<T, FamilySpec>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g] = value;
  io(a, b, c, d, e, f, g);
}
template <class Io, class T>
  requires kIs<T, Profile>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r] = value;
  io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r);
}
template <class Io, class T>
  requires kIs<T, Profiles>
static void fields(Io& io, T& value) {
  auto& [a] = value;
  io(a);
}

std::string write_snapshot(const Profiles& profiles) {
  SnapshotWriter writer;
  fields(writer, profiles);
  return writer.take();
}

Result<Profiles> read_profiles_snapshot(std::string_view bytes) {
  SnapshotReader reader(bytes);
  Profiles profiles;
  fields(reader, profiles);
  if (!reader.good()) return Error{"snapshot", "the embedded profiles are not those of this program"};
  return profiles;
}

}  // namespace agents
}  // namespace kimiguard
