// Digests of packages are left out early: a key beside, in place of or inside of one is not.
#include "scanner/detect/digest.h"

#include <string>

#include "tests/detect/scan_text.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

using namespace kimiguard;

namespace {

std::string base64(const std::string& bytes) {
  static const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (unsigned k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : digits[bits >> (18 - 6 * k) & 63];
  }
  return out;
}

bool digest_in(const std::string& text, const std::string& run) {
  const std::size_t at = text.find(run);
  return detect::is_digest(text, {at, at + run.size()});
}

}  // namespace

TEST_CASE("A digest is one by its name, its length and what it decodes to") {
  test::Keys keys(31);
  std::string bytes;
  for (int i = 0; i < 64; ++i) bytes += static_cast<char>(i * 37 + 129);
  const std::string whole = base64(bytes);
  const std::string sha512 = whole.substr(0, 86);
  const std::string sha256 = keys.from("0123456789abcdef", 64);
  CHECK(digest_in("\"integrity\": \"sha512-" + sha512 + "==\",", sha512));
  CHECK(digest_in("image@sha256:" + sha256 + "\n", sha256));
  CHECK(digest_in("checksum = \"" + sha256 + "\"\n", sha256));
  CHECK_FALSE(digest_in("sha512-" + sha512, sha512));  // it may go on
  CHECK_FALSE(digest_in("sha512-" + sha512 + "A==", sha512 + "A"));
  CHECK_FALSE(digest_in("key = \"" + sha256 + "\"\n", sha256));
  const std::string text = base64("KEY=sk-" + keys.alnum(48) + "         ").substr(0, 86);
  CHECK_FALSE(digest_in("sha512-" + text + "==\n", text));
}

TEST_CASE("A key beside a digest, after its name or hidden in its digits is found") {
  test::Keys keys(32);
  const std::string key = keys.kimi_code();
  const std::string digest = "sha256:" + keys.from("0123456789abcdef", 64);
  const auto finds = [&](const std::string& text) {
    INFO(text);
    const auto matches = test::scan_text(text);
    return matches.size() == 1 && matches[0].secret.reveal() == key;
  };
  CHECK(finds(digest + "\nKIMI_API_KEY=" + key + "\n" + digest + "\n"));
  CHECK(finds("checksum = \"" + key + "\"\n"));
  CHECK(finds("sha512:" + key + "\n"));
  CHECK(finds("sha512-" + base64(key) + "\n"));
  CHECK(finds("sk-kimi-sha256:" + key.substr(8) + "\n" + key + "\n"));
}
