// Values as bytes and back, for snapshots that the build writes and the same build's program reads: numbers and
// lengths as 8 bytes of the machine, texts and lists with their length before them, no names, no version.
//
// A struct takes part by a function `fields(Io&, T&)` found by its arguments, which calls io with each of its fields,
// for T and for const T. To name them by a structured binding makes a field that is added and forgotten an error
// of the compiler.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace kimiguard {

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
      fields(*this, value);
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
      fields(*this, value);
    }
  }

  std::string_view bytes_;
  bool good_ = true;
};

}  // namespace kimiguard
