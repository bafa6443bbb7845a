// What a JSON Web Token says of itself (RFC 7519): header and payload, decoded, not verified.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kimiguard::detect {

struct Jwt {
  std::string header;   // JSON text
  std::string payload;  // JSON text
};

// Nothing if the first two parts are not base64url of something that begins with '{'.
std::optional<Jwt> read_jwt(std::string_view token);

}  // namespace kimiguard::detect
