#include "scanner/rulebook/snapshot.h"

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace kimiguard {
namespace {

// Each struct's fields, all of them: a structured binding takes as many names as there are fields. `T` is the
// struct or const of it.
template <class T, class Struct>
constexpr bool kIs = std::is_same_v<std::remove_const_t<T>, Struct>;

template <class Io, class T>
  requires kIs<T, Localized>
void fields(Io& io, T& value) {
  auto& [a, b] = value;
  io(a, b);
}
template <class Io, class T>
  requires kIs<T, IssuerMark>
void fields(Io& io, T& value) {
  auto& [a, b] = value;
  io(a, b);
}
template <class Io, class T>
  requires kIs<T, MessageVariant>
void fields(Io& io, T& value) {
  auto& [a, b, c] = value;
  io(a, b, c);
}
template <class Io, class T>
  requires kIs<T, Rule>
void fields(Io& io, T& value) {
  // No built-in rule is another program's.
  [[maybe_unused]] auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, ab, ac, ad, ae, foreign, af, ag] =
      value;
  io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, ab, ac, ad, ae, af, ag);
}
template <class Io, class T>
  requires kIs<T, Realm>
void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = value;
  io(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
}
template <class Io, class T>
  requires kIs<T, Vendor>
void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g, h, i, j] = value;
  io(a, b, c, d, e, f, g, h, i, j);
}
template <class Io, class T>
  requires kIs<T, VariableFact>
void fields(Io& io, T& value) {
  auto& [a, b, c, d, e] = value;
  io(a, b, c, d, e);
}
template <class Io, class T>
  requires kIs<T, Model>
void fields(Io& io, T& value) {
  auto& [a, b, c, d, e] = value;
  io(a, b, c, d, e);
}
template <class Io, class T>
  requires kIs<T, ErrorMeaning>
void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = value;
  io(a, b, c, d, e, f, g, h, i, j, k, l, m);
}
template <class Io, class T>
  requires kIs<T, RemedyStep>
void fields(Io& io, T& value) {
  auto& [a, b] = value;
  io(a, b);
}
template <class Io, class T>
  requires kIs<T, Remedy>
void fields(Io& io, T& value) {
  auto& [a, b, c, d, e] = value;
  io(a, b, c, d, e);
}
template <class Io, class T>
  requires kIs<T, SeverityRow>
void fields(Io& io, T& value) {
  auto& [a, b, c, d, e] = value;
  io(a, b, c, d, e);
}
template <class Io, class T>
  requires kIs<T, Tier>
void fields(Io& io, T& value) {
  auto& [a, b, c, d, e, f, g, h, i] = value;
  io(a, b, c, d, e, f, g, h, i);
}
template <class Io, class T>
  requires kIs<T, DeadEndpoint>
void fields(Io& io, T& value) {
  auto& [a, b, c, d, e] = value;
  io(a, b, c, d, e);
}
template <class Io, class T>
  requires kIs<T, Rulebook>
void fields(Io& io, T& value) {
  // The notes are those of users' files.
  [[maybe_unused]] auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, notes] = value;
  io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
}

class Writer {
 public:
  template <class... T>
  void operator()(const T&... values) {
    (write(values), ...);
  }
  std::string take() { return std::move(out_); }

 private:
  void number(std::uint64_t value) { out_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void write(const std::string& text) {
    number(text.size());
    out_ += text;
  }
  template <class T>
  void write(const std::vector<T>& values) {
    number(values.size());
    for (const T& value : values) write(value);
  }
  template <class T>
  void write(const T& value) {
    if constexpr (std::is_floating_point_v<T>) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &value, sizeof value);
      number(bits);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      number(static_cast<std::uint64_t>(value));
    } else {
      fields(*this, value);
    }
  }

  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <class... T>
  void operator()(T&... values) {
    (read(values), ...);
  }
  bool good() const { return good_ && bytes_.empty(); }

 private:
  std::uint64_t number() {
    std::uint64_t value = 0;
    if (bytes_.size() < sizeof value) {
      good_ = false;
      bytes_ = {};
      return 0;
    }
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  // A count of things that take a byte or more each.
  std::size_t length() {
    const std::uint64_t value = number();
    if (value <= bytes_.size()) return static_cast<std::size_t>(value);
    good_ = false;
    return 0;
  }
  void read(std::string& text) {
    const std::size_t size = length();
    text.assign(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
  }
  template <class T>
  void read(std::vector<T>& values) {
    values.resize(length());
    for (T& value : values) read(value);
  }
  template <class T>
  void read(T& value) {
    if constexpr (std::is_floating_point_v<T>) {
      const std::uint64_t bits = number();
      std::memcpy(&value, &bits, sizeof value);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      value = static_cast<T>(number());
    } else {
      fields(*this, value);
    }
  }

  std::string_view bytes_;
  bool good_ = true;
};

}  // namespace

std::string write_snapshot(const Rulebook& book) {
  Writer writer;
  fields(writer, book);
  return writer.take();
}

Result<Rulebook> read_snapshot(std::string_view bytes) {
  Reader reader(bytes);
  Rulebook book;
  fields(reader, book);
  if (!reader.good()) return Error{"snapshot", "the embedded rules are not those of this program"};
  return book;
}

}  // namespace kimiguard
