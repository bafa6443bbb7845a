#include "scanner/kimi/key_kind.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <utility>

#include "scanner/rulebook/expression.h"

namespace kimiguard::kimi {
namespace {

constexpr std::size_t kLongestKey = 8192;
constexpr std::size_t kShortestKey = 16;

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::size_t distinct(std::string_view text) {
  std::bitset<256> seen;
  for (const char c : text) seen.set(static_cast<unsigned char>(c));
  return seen.count();
}

bool is_jwt(std::string_view text) {
  return text.starts_with("eyJ") && std::count(text.begin(), text.end(), '.') == 2;
}

}  // namespace

struct KeyKinds::Compiled {
  struct Mark {
    std::string issuer;
    std::unique_ptr<const rulebook::Expression> expression;
  };
  struct Shape {
    const Rule* rule;
    std::vector<Mark> marks;
  };
  std::vector<Shape> shapes;
  std::vector<Mark> vendors;
};

KeyKinds::KeyKinds(const Rulebook& book) : compiled_(std::make_unique<Compiled>()) {
  for (const Rule& rule : book.rules) {
    if (rule.prefix.empty() || rule.body == 0) continue;
    Compiled::Shape shape{&rule, {}};
    for (const IssuerMark& mark : rule.marks)
      shape.marks.push_back(
          {mark.issuer, std::make_unique<const rulebook::Expression>(mark.expression)});
    compiled_->shapes.push_back(std::move(shape));
  }
  // The longest prefix speaks first: sk-kimi- before sk-.
  std::stable_sort(compiled_->shapes.begin(), compiled_->shapes.end(), [](const auto& a, const auto& b) {
    return a.rule->prefix.size() > b.rule->prefix.size();
  });
  for (const Vendor& vendor : book.vendors)
    if (!vendor.key_expression.empty())
      compiled_->vendors.push_back(
          {vendor.id, std::make_unique<const rulebook::Expression>(vendor.key_expression)});
}

KeyKinds::~KeyKinds() = default;
KeyKinds::KeyKinds(KeyKinds&&) noexcept = default;
KeyKinds& KeyKinds::operator=(KeyKinds&&) noexcept = default;

bool is_reference(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kBegins = {
      "$",  "{env:", "{file:", "os.environ/", "op://",     "!vault",
      "{{", "<",     "%",      "env:",        "keychain:", "vault:"};
  return std::any_of(kBegins.begin(), kBegins.end(),
                     [&](std::string_view begin) { return text.starts_with(begin); }) ||
         text.find("${") != std::string_view::npos;
}

KeyKind KeyKinds::of(std::string_view key) const {
  KeyKind kind;
  static constexpr std::string_view kBearer = "Bearer ";
  if (key.starts_with(kBearer)) key.remove_prefix(kBearer.size());
  if (key.size() < kShortestKey || key.size() > kLongestKey || is_reference(key)) return kind;
  for (const Compiled::Shape& shape : compiled_->shapes) {
    const Rule& rule = *shape.rule;
    if (!key.starts_with(rule.prefix)) continue;
    const std::string_view body = key.substr(rule.prefix.size());
    const bool plain = std::all_of(body.begin(), body.end(), is_alnum);
    const bool exact = plain && body.size() == rule.body;
    // A prefix of the issuer's own decides also where the length is another than the known one.
    const bool by_prefix = rule.attribution == Rule::Attribution::shape && body.size() >= kShortestKey;
    if (!exact && !by_prefix) continue;
    if (distinct(body) < std::min<std::size_t>(rule.min_distinct, body.size() / 4)) return kind;
    for (const Compiled::Mark& mark : shape.marks)
      if (mark.expression->matches_all(key)) kind.issuers.push_back(mark.issuer);
    kind.secret_kind = rule.secret_kind;
    if (!kind.issuers.empty()) {
      kind.family = KeyKind::Family::other;
    } else if (rule.attribution == Rule::Attribution::shape) {
      kind.family = KeyKind::Family::kimi_code;
      kind.product = rule.realm;
    } else {
      kind.family = KeyKind::Family::sk48;
    }
    return kind;
  }
  for (const Compiled::Mark& vendor : compiled_->vendors)
    if (vendor.expression->matches_all(key)) kind.issuers.push_back(vendor.issuer);
  if (!kind.issuers.empty()) {
    kind.family = KeyKind::Family::other;
  } else if (is_jwt(key)) {
    kind.family = KeyKind::Family::token;
  } else if (key.find(' ') == std::string_view::npos && distinct(key) >= 8) {
    kind.family = KeyKind::Family::unknown;
  }
  return kind;
}

}  // namespace kimiguard::kimi
