// A base URL as people write it into settings: its parts, its owner, and whether its end fits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scanner/rulebook/rulebook.h"

namespace kimiguard::kimi {

struct BaseUrl {
  std::string scheme;     // lower case; "" where none is written
  bool userinfo = false;  // user:password@ stood there; never kept
  bool query = false;     // ?… stood there; never kept, it may hold a key
  std::string host;       // lower case, without port, final dot and brackets
  std::string port;       // digits; "" where none is written
  std::string path;       // "" or "/…" without a slash at the end; slashes that repeat are one
  bool slash_at_end = false;
  bool loopback = false;  // this machine: localhost, 127/8, ::1, 0.0.0.0, host.docker.internal
  bool one_label =
      false;  // a bare name such as "litellm": a service of the same compose file or cluster

  // Scheme (https where none is written), host, port and path: what may be shown.
  std::string shown() const;
};

// Nothing for what is no plain URL or host: references (${X}, {env:X}), blanks, over 4096 bytes.
std::optional<BaseUrl> parse_base_url(std::string_view text);

struct Owner {
  const Realm* realm = nullptr;    // one of Kimi's hosts
  bool api = false;                // of `realm`: it takes API requests (else a console)
  const Vendor* vendor = nullptr;  // somebody else's
  bool known() const { return realm != nullptr || vendor != nullptr; }
};
Owner owner_of(const Rulebook& book, const BaseUrl& url);

// The protocol a connection speaks, as far as paths go. `openai_root`: the client adds
// /v1/chat/completions itself (NextChat, one-api); `openai_endpoint`: the setting holds the whole
// endpoint (Goose).
enum class Protocol { unknown, openai, openai_root, openai_endpoint, anthropic };
// "openai", "openai-root", "openai-endpoint", "anthropic"; anything else is unknown. Case ignored;
// what follows a ':' or '/' does not count ("openai:responses").
Protocol protocol_named(std::string_view name);

// What is wrong with the end of a URL, and what to write.
struct ShapeFault {
  std::string variant;  // of the rule kimi-base-url-shape
  std::string wanted;
};
// Judges only Kimi's API hosts; everybody else's addresses have their own rules.
std::optional<ShapeFault> shape_fault(const Realm& realm, const BaseUrl& url, Protocol protocol);

// The base of a realm for a protocol, as that protocol's clients want it.
std::string base_of(const Realm& realm, Protocol protocol);

// The row for an address that answers nobody; null if there is none.
const DeadEndpoint* dead_endpoint_of(const Rulebook& book, const BaseUrl& url);

}  // namespace kimiguard::kimi
