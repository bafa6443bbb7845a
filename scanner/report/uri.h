// Paths and addresses as machine formats want them (RFC 3986).
#pragma once

#include <string>
#include <string_view>

#include "scanner/core/finding.h"

namespace kimiguard::report {

// A relative path as a relative URI reference: every byte but unreserved ones and "/!@+,=" is
// percent-encoded, "." and ".." and empty parts are resolved, what would climb out of the base is
// dropped, a leading "/" is dropped. "." if nothing is left.
std::string relative_uri(std::string_view path);

// A name for JSON and other UTF-8 formats: bytes that are no UTF-8 become %XX, the rest stays.
std::string utf8_name(std::string_view bytes);

// Place::uri, or Place::path where there is none, with archive members as "archive!/member".
std::string place_path(const Place& place);
// The same for people: Place::path with its members and cells.
std::string shown_path(const Place& place);

// A git remote as a URI without credentials: "git@host:o/r.git" becomes "ssh://git@host/o/r.git", an
// absolute path a file URI. Empty for what cannot be one.
std::string remote_uri(std::string_view remote);

}  // namespace kimiguard::report
