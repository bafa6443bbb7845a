// Values as bytes and back, for snapshots that the build writes and the same build's program reads: numbers and
// lengths as 8 bytes of the machine, texts and lists with their length before them, no names, no version.
//
// A struct takes part by a count of its fields, kFields; a class by a friend `fields(Io&, T&)` that calls io with each.
// They are named by a structured binding, so a field that is added and not counted is an error of the compiler.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "scanner/rulebook/rulebook.h"

namespace kimiguard {

template <class T>
inline constexpr std::size_t kFields = 0;
template <>
inline constexpr std::size_t kFields<Localized> = 2;

// Calls io with all fields of `value`, a struct or a const one. Only the counts that there are.
template <class Io, class T>
void each_field(Io& io, T& value) {
  constexpr std::size_t kCount = kFields<std::remove_const_t<T>>;
  if constexpr (kCount == 1) {
    auto& [a] = value;
    io(a);
  } else if constexpr (kCount == 2) {
    auto& [a, b] = value;
    io(a, b);
  } else if constexpr (kCount == 3) {
    auto& [a, b, c] = value;
    io(a, b, c);
  } else if constexpr (kCount == 4) {
    auto& [a, b, c, d] = value;
    io(a, b, c, d);
  } else if constexpr (kCount == 5) {
    auto& [a, b, c, d, e] = value;
    io(a, b, c, d, e);
  } else if constexpr (kCount == 6) {
    auto& [a, b, c, d, e, f] = value;
    io(a, b, c, d, e, f);
  } else if constexpr (kCount == 7) {
    auto& [a, b, c, d, e, f, g] = value;
    io(a, b, c, d, e, f, g);
  } else if constexpr (kCount == 8) {
    auto& [a, b, c, d, e, f, g, h] = value;
    io(a, b, c, d, e, f, g, h);
  } else if constexpr (kCount == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = value;
    io(a, b, c, d, e, f, g, h, i);
  } else if constexpr (kCount == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = value;
    io(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (kCount == 11) {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = value;
    io(a, b, c, d, e, f, g, h, i, j, k);
  } else if constexpr (kCount == 13) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = value;
    io(a, b, c, d, e, f, g, h, i, j, k, l, m);
  } else if constexpr (kCount == 14) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = value;
    io(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
  } else if constexpr (kCount == 15) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = value;
    io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
  } else if constexpr (kCount == 16) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = value;
    io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
  } else if constexpr (kCount == 17) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q] = value;
    io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q);
  } else if constexpr (kCount == 18) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r] = value;
    io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r);
  } else if constexpr (kCount == 20) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t] = value;
    io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t);
  } else if constexpr (kCount == 21) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u] = value;
    io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u);
  } else if constexpr (kCount == 22) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v] = value;
    io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v);
  } else if constexpr (kCount == 23) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w] = value;
    io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w);
  } else if constexpr (kCount == 24) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x] = value;
    io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x);
  } else if constexpr (kCount == 28) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, ab] = value;
    io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, ab);
  } else if constexpr (kCount == 34) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, ab, ac, ad, ae, af, ag, ah] = value;
    io(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, ab, ac, ad, ae, af, ag, ah);
  } else {
    static_assert(kCount == 0, "write the case of this many fields here");
    fields(io, value);  // a class's own friend
  }
}

class SnapshotWriter {
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
  void write(const std::optional<T>& value) {
    number(value.has_value());
    if (value) write(*value);
  }
  // Another program's rule; none is built in.
  template <class T>
  void write(const std::shared_ptr<T>&) {}
  template <class A, class B>
  void write(const std::pair<A, B>& value) {
    write(value.first);
    write(value.second);
  }
  void write(const std::map<std::string, std::string>& values) {
    number(values.size());
    for (const auto& value : values) write(value);
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
      each_field(*this, value);
    }
  }

  std::string out_;
};

class SnapshotReader {
 public:
  explicit SnapshotReader(std::string_view bytes) : bytes_(bytes) {}

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
  void read(std::optional<T>& value) {
    value.reset();
    if (number() != 0) read(value.emplace());
  }
  template <class T>
  void read(std::shared_ptr<T>&) {}
  template <class A, class B>
  void read(std::pair<A, B>& value) {
    read(value.first);
    read(value.second);
  }
  void read(std::map<std::string, std::string>& values) {
    for (std::size_t left = length(); left > 0 && good_; --left) {
      std::pair<std::string, std::string> value;
      read(value);
      values.emplace_hint(values.end(), std::move(value));
    }
  }
  template <class T>
  void read(T& value) {
    if constexpr (std::is_floating_point_v<T>) {
      const std::uint64_t bits = number();
      std::memcpy(&value, &bits, sizeof value);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      value = static_cast<T>(number());
    } else {
      each_field(*this, value);
    }
  }

  std::string_view bytes_;
  bool good_ = true;
};

}  // namespace kimiguard
