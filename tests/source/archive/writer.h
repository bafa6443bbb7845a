// Makes archives at test time with libarchive's own writer, opened like the reader with dlopen.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kimiguard::testing {

using Members = std::vector<std::pair<std::string, std::string>>;

template <class Function>
Function* libarchive_symbol(const char* name) {
  static void* library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
  void* symbol = library ? dlsym(library, name) : nullptr;
  if (!symbol) throw std::runtime_error(name);
  return reinterpret_cast<Function*>(symbol);
}
#define KIMIGUARD_WRITE(name) (*libarchive_symbol<decltype(::name)>(#name))

struct WriteOptions {
  std::string filter;   // as archive_write_add_filter_by_name takes it; empty = none
  std::string options;  // "zip:encryption=zipcrypt"
  std::string passphrase;
};

inline std::string make_archive(const std::string& format, const Members& members,
                                const WriteOptions& options = {}) {
  std::string out;
  auto* a = KIMIGUARD_WRITE(archive_write_new)();
  const auto check = [&](int status, const char* what) {
    if (status < ARCHIVE_WARN)
      throw std::runtime_error(std::string(what) + ": " + KIMIGUARD_WRITE(archive_error_string)(a));
  };
  check(KIMIGUARD_WRITE(archive_write_set_format_by_name)(a, format.c_str()), "format");
  if (!options.filter.empty()) {
    check(KIMIGUARD_WRITE(archive_write_add_filter_by_name)(a, options.filter.c_str()), "filter");
  }
  KIMIGUARD_WRITE(archive_write_set_bytes_in_last_block)(a, 1);
  if (!options.options.empty())
    check(KIMIGUARD_WRITE(archive_write_set_options)(a, options.options.c_str()), "options");
  if (!options.passphrase.empty()) {
    check(KIMIGUARD_WRITE(archive_write_set_passphrase)(a, options.passphrase.c_str()), "passphrase");
  }
  check(KIMIGUARD_WRITE(archive_write_open)(
            a, &out, nullptr,
            [](::archive*, void* client, const void* data, size_t size) -> la_ssize_t {
              static_cast<std::string*>(client)->append(static_cast<const char*>(data), size);
              return static_cast<la_ssize_t>(size);
            },
            nullptr),
        "open");
  for (const auto& [name, bytes] : members) {
    auto* entry = KIMIGUARD_WRITE(archive_entry_new)();
    KIMIGUARD_WRITE(archive_entry_set_pathname)(entry, name.c_str());
    KIMIGUARD_WRITE(archive_entry_set_size)(entry, static_cast<la_int64_t>(bytes.size()));
    KIMIGUARD_WRITE(archive_entry_set_filetype)(entry, AE_IFREG);
    KIMIGUARD_WRITE(archive_entry_set_perm)(entry, 0644);
    check(KIMIGUARD_WRITE(archive_write_header)(a, entry), "header");
    for (std::string_view rest = bytes; !rest.empty();) {
      const auto put = KIMIGUARD_WRITE(archive_write_data)(a, rest.data(), rest.size());
      if (put <= 0) throw std::runtime_error("data");
      rest.remove_prefix(static_cast<std::size_t>(put));
    }
    KIMIGUARD_WRITE(archive_entry_free)(entry);
  }
  check(KIMIGUARD_WRITE(archive_write_close)(a), "close");
  KIMIGUARD_WRITE(archive_write_free)(a);
  return out;
}

// One file compressed on its own.
inline std::string compress(const std::string& filter, const std::string& bytes) {
  return make_archive("raw", {{"data", bytes}}, {filter, "", ""});
}

}  // namespace kimiguard::testing
