#include "scanner/rulebook/snapshot.h"

#include <type_traits>

#include "scanner/rulebook/snapshot_io.h"

// Not in a namespace of no name: snapshot_io.h finds them by their arguments.
namespace kimiguard {

// Each struct's fields, all of them: a structured binding takes as many names as there are fields. `T` is the
// struct or const of it.
template <class T, class Struct>
static constexpr bool kIs = std::is_same_v<std::remove_const_t<T>, Struct>;

template <class Io, class T>
  requires kIs<T, Localized>
static void fields(Io& io, T& value) {
  auto& [a, b] = value;
  io(a, b);
}
template <class Io, class T>
  requires kIs<T, IssuerMark>
static void fields(Io& io, T& value) {
  auto& [a, b] = value;
  io(a, b);
}
template <class Io, class T>
  requires kIs<T, MessageVariant>
static void fields(Io& io, T& value) {
  auto& [a, b, c] = value;
  io(a, b, c);
}
template <class Io, class T>
  requires kIs<T, Rule>
static void fields(Io& io, T& value) {
  // No built-in rule is another program's.
  [[maybe_unused]] auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, ab, ac, ad, ae, foreign, af, ag] =
      value;
  io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, ab, ac, ad, ae, af, ag);
}
template <class Io, class T>
  requires kIs<T, Realm>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = value;
  io(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
}
template <class Io, class T>
  requires kIs<T, Vendor>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g, h, i, j] = value;
  io(a, b, c, d, e, f, g, h, i, j);
}
template <class Io, class T>
  requires kIs<T, VariableFact>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e] = value;
  io(a, b, c, d, e);
}
template <class Io, class T>
  requires kIs<T, Model>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e] = value;
  io(a, b, c, d, e);
}
template <class Io, class T>
  requires kIs<T, ErrorMeaning>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = value;
  io(a, b, c, d, e, f, g, h, i, j, k, l, m);
}
template <class Io, class T>
  requires kIs<T, RemedyStep>
static void fields(Io& io, T& value) {
  auto& [a, b] = value;
  io(a, b);
}
template <class Io, class T>
  requires kIs<T, Remedy>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e] = value;
  io(a, b, c, d, e);
}
template <class Io, class T>
  requires kIs<T, SeverityRow>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e] = value;
  io(a, b, c, d, e);
}
template <class Io, class T>
  requires kIs<T, Tier>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g, h, i] = value;
  io(a, b, c, d, e, f, g, h, i);
}
template <class Io, class T>
  requires kIs<T, DeadEndpoint>
static void fields(Io& io, T& value) {
  auto& [a, b, c, d, e] = value;
  io(a, b, c, d, e);
}
template <class Io, class T>
  requires kIs<T, Rulebook>
static void fields(Io& io, T& value) {
  // The notes are those of users' files.
  [[maybe_unused]] auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, notes] = value;
  io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
}

std::string write_snapshot(const Rulebook& book) {
  SnapshotWriter writer;
  fields(writer, book);
  return writer.take();
}

Result<Rulebook> read_snapshot(std::string_view bytes) {
  SnapshotReader reader(bytes);
  Rulebook book;
  fields(reader, book);
  if (!reader.good()) return Error{"snapshot", "the embedded rules are not those of this program"};
  return book;
}

}  // namespace kimiguard
