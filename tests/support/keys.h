// Random text of the right shape, made when a test runs: no key is stored in this repository.
#pragma once

#include <random>
#include <string>

namespace kimiguard::test {

class Keys {
 public:
  explicit Keys(std::uint32_t seed = 1) : random_(seed) {}

  std::string from(const std::string& alphabet, std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += alphabet[random_() % alphabet.size()];
    return text;
  }
  std::string alnum(std::size_t length) {
    return from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length);
  }
  std::string kimi_code() { return "sk-" "kimi-" + alnum(64); }
  std::string platform() { return "sk-" + alnum(48); }

 private:
  std::mt19937 random_;
};

}  // namespace kimiguard::test
