// Mail and saved web pages: the parts of MIME messages, decoded (RFC 2045, RFC 2046), and of mbox
// files (RFC 4155).
#pragma once

#include <string_view>

#include "scanner/source/container/unpacking.h"

namespace kimiguard::archive {

// Delivers each part that has a base64 or quoted-printable encoding, under its file name or as
// "part 1.2"; other parts are plain text in the raw bytes already. Returns false if it met a gap.
bool read_mail(container::Unpacking& unpacking, std::string_view bytes,
               const container::OriginPtr& origin, int depth);

}  // namespace kimiguard::archive
