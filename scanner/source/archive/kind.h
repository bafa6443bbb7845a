// Which kind of container bytes are, by their magic numbers; by name only where a format has none.
#pragma once

#include <string_view>

namespace kimiguard::archive {

enum class Kind {
  none,
  zip,  // jar, war, whl, apk, docx, xlsx, pptx, epub, pyz, vsix, crx … (APPNOTE.TXT)
  seven_zip,
  cab,
  iso,  // by the name .iso: its mark stands at byte 32769
  tar,
  compressed,  // gzip, bzip2, xz, lzma, lzip, zstd, lz4, compress: of a tar, a cpio or anything
  cpio,
  ar,  // .deb, .a
  rpm,
  asar,  // Electron
  pdf,
  xar,       // Apple's .pkg
  uuencoded,  // a text that begins with such a file
  mail,     // by its headers, or by the name .eml, .emlx, .mht, .mhtml, .mbox (RFC 5322, RFC 2045)
  plist,    // binary property list
  keystore  // JKS, JCEKS, KeePass; PKCS #12 by the name .p12, .pfx: named, never opened
};

// `first_bytes`: 4096, fewer if there are no more. `name` may be a path.
Kind kind_of(std::string_view first_bytes, std::string_view name);

// Whether bytes end as a zip does: the directory of a self-extracting program or script stands behind everything else.
bool ends_as_zip(std::string_view last_bytes);

// Whether a text begins with a header of mail and says that it is MIME: mail folders have no names that tell.
bool begins_as_mail(std::string_view first_bytes);

// Kinds that are read from front to back, so that one inside another is never held in memory.
bool is_streamed(Kind kind);

}  // namespace kimiguard::archive
