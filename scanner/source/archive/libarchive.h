// libarchive's C interface, opened with dlopen on first use: linked, it would cost every start some
// ten milliseconds (design §6), and it may be absent.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <vector>

namespace kimiguard::archive {

// One typed member a function, named as in archive.h without its prefix.
struct LibArchive {
#define KIMIGUARD_LIBARCHIVE(X)                                                                         \
  X(archive_read_new)                                                                                   \
  X(archive_read_free) X(archive_read_open_memory) X(archive_read_open_fd) X(archive_read_open2)        \
      X(archive_read_next_header) X(archive_read_data_block) X(archive_read_data_skip)                  \
          X(archive_read_has_encrypted_entries) X(archive_error_string) X(archive_format)               \
              X(archive_read_support_format_xar) X(archive_read_support_format_zip) X(archive_read_support_format_7zip)                    \
                  X(archive_read_support_format_cab) X(archive_read_support_format_iso9660)             \
                      X(archive_read_support_format_tar) X(archive_read_support_format_cpio)            \
                          X(archive_read_support_format_ar) X(archive_read_support_format_raw) X(       \
                              archive_read_support_filter_gzip) X(archive_read_support_filter_bzip2)    \
                              X(archive_read_support_filter_xz) X(archive_read_support_filter_lzma) X(  \
                                  archive_read_support_filter_lzip) X(archive_read_support_filter_zstd) \
                                  X(archive_read_support_filter_lz4)                                    \
                                      X(archive_read_support_filter_compress)                           \
                                          X(archive_read_support_filter_rpm) X(archive_entry_pathname)  \
                                              X(archive_entry_pathname_utf8) X(archive_entry_filetype)  \
                                                  X(archive_entry_size) X(archive_entry_size_is_set)    \
                                                      X(archive_entry_is_data_encrypted)                \
                                                          X(archive_entry_is_metadata_encrypted)
#define KIMIGUARD_MEMBER(name) decltype(&::name) name = nullptr;
  KIMIGUARD_LIBARCHIVE(KIMIGUARD_MEMBER)
#undef KIMIGUARD_MEMBER

  // Filters that libarchive has a library for. For the others it would start a program of that name
  // from PATH, which this program never does; they stay out and their files are a gap.
  std::vector<int (*)(::archive*)> filters;
};

// Null if the system has no libarchive.so.13 (or one that lacks a function). Any thread.
const LibArchive* libarchive();

}  // namespace kimiguard::archive
