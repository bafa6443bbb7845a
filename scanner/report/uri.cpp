#include "scanner/report/uri.h"

#include <algorithm>
#include <vector>

#include "scanner/text/utf8.h"

namespace kimiguard::report {
namespace {

void percent(std::string& out, char c) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::string encoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_alnum(c) || std::string_view("-._~!@+,=/").find(c) != std::string_view::npos)
      out += c;
    else
      percent(out, c);
  }
  return out;
}

// Members and cells behind a path, unless the path already ends in them.
std::string with_members(std::string path, const std::vector<Inside>& inside) {
  std::string members;
  for (const Inside& part : inside)
    if (part.kind == Inside::Kind::archive_member) members += "!/" + part.name;
  if (!members.empty() && !path.ends_with(members)) path += members;
  return path;
}

}  // namespace

std::string relative_uri(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
      continue;
    }
    parts.push_back(part);
  }
  std::string uri;
  for (const std::string_view part : parts) {
    if (!uri.empty()) uri += '/';
    uri += encoded(part);
  }
  return uri.empty() ? "." : uri;
}

std::string utf8_name(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = text::utf8_length(bytes, at);
    if (length == 0) {
      percent(out, bytes[at++]);
    } else {
      out += bytes.substr(at, length);
      at += length;
    }
  }
  return out;
}

std::string place_path(const Place& place) {
  return with_members(place.uri.empty() ? place.path : place.uri, place.inside);
}

std::string shown_path(const Place& place) {
  std::string path = with_members(place.path.empty() ? place.uri : place.path, place.inside);
  for (const Inside& part : place.inside) {
    if (part.kind == Inside::Kind::archive_member) continue;
    path += " [" + part.name;
    if (!part.row.empty()) path += " " + part.row;
    if (!part.column.empty()) path += " " + part.column;
    path += "]";
  }
  return path;
}

std::string remote_uri(std::string_view remote) {
  if (remote.empty()) return {};
  if (remote.front() == '/') return "file://" + encoded(remote);
  const std::size_t scheme = remote.find("://");
  if (scheme == std::string_view::npos) {
    // scp form: [user@]host:path. A path of one's own machine has no colon before its first slash.
    const std::size_t colon = remote.find(':');
    if (colon == std::string_view::npos || colon == 0 ||
        remote.substr(0, colon).find('/') != std::string_view::npos)
      return {};
    const std::string_view host = remote.substr(0, colon);
    std::string_view path = remote.substr(colon + 1);
    while (path.starts_with('/')) path.remove_prefix(1);
    return "ssh://" + encoded(host) + "/" + encoded(path);
  }
  const std::string_view rest = remote.substr(scheme + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    // A bare user name of ssh is no credential; everything else before the @ may be one.
    const bool plain = remote.starts_with("ssh") && authority.find(':') > at;
    if (!plain) authority.remove_prefix(at + 1);
  }
  std::string_view path = rest.substr(slash);
  path = path.substr(0, path.find_first_of("?#"));
  std::string host;
  for (const char c : authority) {
    if (is_alnum(c) || std::string_view("-._~@:[]").find(c) != std::string_view::npos)
      host += c;
    else
      percent(host, c);
  }
  std::string clean_path;
  for (const char c : path) {
    // Already a URI: its own escapes stay.
    if (is_alnum(c) || std::string_view("-._~!@+,=/%:").find(c) != std::string_view::npos)
      clean_path += c;
    else
      percent(clean_path, c);
  }
  return std::string(remote.substr(0, scheme)) + "://" + host + clean_path;
}

}  // namespace kimiguard::report
