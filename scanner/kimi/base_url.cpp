#include "scanner/kimi/base_url.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "scanner/core/lowered.h"

namespace kimiguard::kimi {
namespace {

constexpr std::size_t kLongest = 4096;

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  static constexpr std::string_view kAround = " \t\r\n\"'`<>";
  const std::size_t begin = text.find_first_not_of(kAround);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kAround) - begin + 1);
}

// Four numbers of at most three digits, the first 127; or all zero, which connects to this machine.
bool is_loopback_v4(std::string_view host) {
  int parts = 0;
  std::size_t digits = 0;
  bool zero = true;
  for (const char c : host) {
    if (c == '.') {
      if (digits == 0) return false;
      ++parts;
      digits = 0;
    } else if (is_digit(c) && ++digits <= 3) {
      zero = zero && c == '0';
    } else {
      return false;
    }
  }
  return parts == 3 && digits > 0 && (host.starts_with("127.") || zero);
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host == "::1" ||
         host == "0:0:0:0:0:0:0:1" || host == "::" || host == "host.docker.internal" ||
         is_loopback_v4(host);
}

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
  }
  return segments;
}

bool has_doubled_part(std::string_view path) {
  const auto segments = segments_of(path);
  return std::adjacent_find(segments.begin(), segments.end()) != segments.end();
}

std::string path_of(const std::string& base) {
  const auto url = parse_base_url(base);
  return url ? url->path : std::string();
}

bool ends_in_endpoint(std::string_view path) {
  static constexpr std::array<std::string_view, 7> kEndpoints = {
      "/chat/completions", "/completions", "/embeddings",  "/models",
      "/responses",        "/messages",    "/count_tokens"};
  return std::any_of(kEndpoints.begin(), kEndpoints.end(),
                     [&](std::string_view endpoint) { return path.ends_with(endpoint); });
}

}  // namespace

std::string BaseUrl::shown() const {
  std::string text = scheme.empty() ? "https" : scheme;
  text += "://";
  text += host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (!port.empty()) text += ":" + port;
  text += path;
  if (slash_at_end) text += '/';
  return text;
}

std::optional<BaseUrl> parse_base_url(std::string_view text) {
  text = trimmed(text);
  if (text.empty() || text.size() > kLongest) return std::nullopt;
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == '$' || c == '{' || c == '}' || c == '<' ||
        c == '>' || c == '\\' || c == '"' || c == '|')
      return std::nullopt;
  BaseUrl url;
  const std::size_t colon = text.find("://");
  if (colon != std::string_view::npos) {
    if (colon == 0 ||
        !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
          return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
        }))
      return std::nullopt;
    url.scheme = lowered(text.substr(0, colon));
    text.remove_prefix(colon + 3);
  }
  const std::size_t authority_end = text.find_first_of("/?#");
  std::string_view authority = text.substr(0, authority_end);
  std::string_view rest =
      authority_end == std::string_view::npos ? std::string_view{} : text.substr(authority_end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.userinfo = true;
    authority.remove_prefix(at + 1);
  }
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    url.host = lowered(authority.substr(1, close - 1));
    authority.remove_prefix(close + 1);
    if (authority.starts_with(':')) url.port = authority.substr(1);
  } else {
    const std::size_t port = authority.find(':');
    url.host = lowered(authority.substr(0, port));
    if (port != std::string_view::npos) url.port = authority.substr(port + 1);
  }
  if (url.host.ends_with('.')) url.host.pop_back();
  const bool port_ok = url.port.size() <= 5 && std::all_of(url.port.begin(), url.port.end(), is_digit);
  const bool host_ok = !url.host.empty() && url.host.size() <= 253 &&
                       std::all_of(url.host.begin(), url.host.end(), [](char c) {
                         return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' ||
                                c == ':' || static_cast<unsigned char>(c) >= 0x80;
                       });
  if (!port_ok || !host_ok) return std::nullopt;
  url.loopback = is_loopback(url.host);
  url.one_label = url.host.find_first_of(".:") == std::string::npos && !url.loopback;
  // A single word without scheme, port or path is a word, not an address.
  if (url.scheme.empty() && url.one_label && url.port.empty()) return std::nullopt;

  const std::size_t path_end = rest.find_first_of("?#");
  url.query = path_end != std::string_view::npos;
  for (const char c : rest.substr(0, path_end))
    if (c != '/' || !url.path.ends_with('/')) url.path += c;
  if (url.path.ends_with('/')) {
    url.path.pop_back();
    url.slash_at_end = true;
  }
  return url;
}

Owner owner_of(const Rulebook& book, const BaseUrl& url) {
  Owner owner;
  owner.realm = book.realm_of_api_host(url.host);
  owner.api = owner.realm != nullptr;
  if (owner.realm == nullptr) owner.realm = book.realm_of_host(url.host);
  if (owner.realm == nullptr) owner.vendor = book.vendor_of_host(url.host);
  return owner;
}

Protocol protocol_named(std::string_view name) {
  const std::string lower = lowered(name.substr(0, name.find_first_of(":/")));
  if (lower == "openai" || lower == "openai-compatible" || lower == "openai_legacy" || lower == "kimi")
    return Protocol::openai;
  if (lower == "openai-root" || lower == "openai_root") return Protocol::openai_root;
  if (lower == "openai-endpoint" || lower == "openai_endpoint") return Protocol::openai_endpoint;
  if (lower == "anthropic") return Protocol::anthropic;
  return Protocol::unknown;
}

std::string base_of(const Realm& realm, Protocol protocol) {
  const auto without_v1 = [](std::string base) {
    if (base.ends_with("/v1")) base.resize(base.size() - 3);
    return base;
  };
  switch (protocol) {
    case Protocol::anthropic:
      return realm.anthropic_base;
    case Protocol::openai_root:
      return without_v1(realm.openai_base);
    case Protocol::openai_endpoint:
      return realm.openai_base + "/chat/completions";
    default:
      return realm.openai_base;
  }
}

std::optional<ShapeFault> shape_fault(const Realm& realm, const BaseUrl& url, Protocol protocol) {
  const std::string openai = path_of(realm.openai_base);        // "/v1", "/coding/v1"
  const std::string anthropic = path_of(realm.anthropic_base);  // "/anthropic", "/coding"
  const std::string wanted = base_of(realm, protocol);
  const std::string_view path = url.path;
  if (has_doubled_part(path)) return ShapeFault{"doubled", wanted};
  switch (protocol) {
    case Protocol::unknown:
      return std::nullopt;
    case Protocol::openai:
      if (path == openai) return std::nullopt;
      if (path.find("/anthropic") != std::string_view::npos)
        return ShapeFault{"openai-at-anthropic", wanted};
      if (ends_in_endpoint(path)) return ShapeFault{"whole-endpoint", wanted};
      if (openai.starts_with(path)) return ShapeFault{"openai-without-v1", wanted};
      return std::nullopt;
    case Protocol::openai_root:
      if (path.find("/anthropic") != std::string_view::npos)
        return ShapeFault{"openai-at-anthropic", wanted};
      if (ends_in_endpoint(path)) return ShapeFault{"whole-endpoint", wanted};
      if (path == openai) return ShapeFault{"root-with-v1", wanted};
      return std::nullopt;
    case Protocol::openai_endpoint:
      if (path.find("/anthropic") != std::string_view::npos)
        return ShapeFault{"openai-at-anthropic", wanted};
      if (path == openai || openai.starts_with(path)) return ShapeFault{"endpoint-missing", wanted};
      return std::nullopt;
    case Protocol::anthropic:
      if (path == anthropic) return std::nullopt;
      if (ends_in_endpoint(path)) return ShapeFault{"whole-endpoint", wanted};
      if (path.ends_with("/v1") && path != "/v1") return ShapeFault{"anthropic-with-v1", wanted};
      if (path == "/v1" || path.empty()) return ShapeFault{"anthropic-at-openai", wanted};
      return std::nullopt;
  }
  return std::nullopt;
}

const DeadEndpoint* dead_endpoint_of(const Rulebook& book, const BaseUrl& url) {
  const auto covers = [&](const DeadEndpoint& endpoint) {
    if (endpoint.host != url.host) return false;
    if (endpoint.path == "/" || endpoint.path == url.path) return true;
    return url.path.size() > endpoint.path.size() && url.path.starts_with(endpoint.path) &&
           url.path[endpoint.path.size()] == '/';
  };
  const auto found = std::find_if(book.dead_endpoints.begin(), book.dead_endpoints.end(), covers);
  return found == book.dead_endpoints.end() ? nullptr : &*found;
}

}  // namespace kimiguard::kimi
