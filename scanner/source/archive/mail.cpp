#include "scanner/source/archive/mail.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "scanner/core/lowered.h"
#include "scanner/source/archive/uuencode.h"

namespace kimiguard::archive {
namespace {

using container::inside;
using container::OriginPtr;
using container::Unpacking;

constexpr int kDeepest = 16;  // multiparts in multiparts

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// The next line with its end taken off `text`.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line.empty() || line.back() != '\r' ? line : line.substr(0, line.size() - 1);
}

struct Part {
  std::string type;      // Content-Type with its parameters, as written
  std::string encoding;  // lower case
  std::string disposition;
  std::string_view body;
};

// Splits header and body. Only the three fields that matter are kept.
Part split(std::string_view bytes) {
  Part part;
  std::string* last = nullptr;
  constexpr std::size_t kLongestField = 16384;
  while (!bytes.empty()) {
    const std::string_view line = take_line(bytes);
    if (line.empty()) break;
    if (line[0] == ' ' || line[0] == '\t') {
      if (last && last->size() < kLongestField) *last += ' ' + std::string(trimmed(line));
      continue;
    }
    last = nullptr;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon > 64) continue;
    const std::string name = lowered(line.substr(0, colon));
    if (name == "content-type") last = &part.type;
    if (name == "content-transfer-encoding") last = &part.encoding;
    if (name == "content-disposition") last = &part.disposition;
    if (last) *last = std::string(trimmed(line.substr(colon + 1)));
  }
  part.encoding = lowered(part.encoding);
  part.body = bytes;
  return part;
}

// `name="value"` or `name=value` in a field's parameters.
std::string parameter(const std::string& field, std::string_view name) {
  const std::string low = lowered(field);
  std::size_t at = 0;
  while ((at = low.find(std::string(name) + "=", at)) != std::string::npos) {
    if (at == 0 || low[at - 1] == ';' || low[at - 1] == ' ') break;
    ++at;
  }
  if (at == std::string::npos) return {};
  at += name.size() + 1;
  if (at < field.size() && field[at] == '"') {
    const std::size_t end = field.find('"', at + 1);
    return field.substr(at + 1, end == std::string::npos ? end : end - at - 1);
  }
  return field.substr(at, field.find_first_of("; ", at) == std::string::npos
                              ? std::string::npos
                              : field.find_first_of("; ", at) - at);
}

std::string from_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z')
      value = static_cast<std::uint32_t>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      value = static_cast<std::uint32_t>(c - 'a') + 26;
    else if (c >= '0' && c <= '9')
      value = static_cast<std::uint32_t>(c - '0') + 52;
    else if (c == '+' || c == '-')
      value = 62;
    else if (c == '/' || c == '_')
      value = 63;
    else
      continue;
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xFF);
    }
  }
  return out;
}

std::string from_quoted_printable(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
  };
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
    } else if (i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else if (const std::size_t end = text.find_first_not_of(" \t\r", i + 1);
               end != std::string_view::npos && text[end] == '\n') {
      i = end;  // a soft line break
    } else {
      out += '=';
    }
  }
  return out;
}

class MailReader {
 public:
  MailReader(Unpacking& unpacking, OriginPtr origin, int depth)
      : unpacking_(unpacking), origin_(std::move(origin)), depth_(depth) {}

  void read(std::string_view bytes, const std::string& number, int level) {
    const Part part = split(bytes);
    const std::string type = lowered(part.type);
    const bool uuencoded = part.encoding == "x-uuencode" || part.encoding == "x-uue" || part.encoding == "uuencode";
    const bool encoded = part.encoding == "base64" || part.encoding == "quoted-printable" || uuencoded;
    if (type.find("multipart/") == 0) {
      const std::string boundary = parameter(part.type, "boundary");
      if (boundary.empty()) return;
      if (level >= kDeepest) {
        unpacking_.limit(*origin_, "multiparts in multiparts");
        good_ = false;
        return;
      }
      read_parts(part.body, "--" + boundary, number, level);
    } else if (type.find("message/rfc822") == 0 && !encoded && level < kDeepest) {
      read(part.body, number + ".1", level + 1);
    } else if (encoded) {
      if (!unpacking_.take_member(*origin_)) return;
      std::string name = parameter(part.disposition, "filename");
      if (name.empty()) name = parameter(part.type, "name");
      if (name.empty()) name = "part " + number;
      Unpacking::Hold hold(unpacking_);
      if (!hold.grow_to(part.body.size())) {
        unpacking_.limit(*origin_, "memory for a mail's part");
        good_ = false;
        return;
      }
      const std::string body =
          uuencoded ? from_uuencoded(part.body) : part.encoding == "base64" ? from_base64(part.body) : from_quoted_printable(part.body);
      if (!body.empty() && unpacking_.take_bytes(body.size(), *origin_)) {
        unpacking_.deliver_and_open(body, inside(*origin_, {Inside::Kind::archive_member, name, "", ""}),
                                    depth_ + 1);
      }
    } else if (part.body.find("\nbegin ") != std::string_view::npos) {
      good_ = read_uuencoded(unpacking_, part.body, origin_, depth_) && good_;
    }
  }

  bool good() const { return good_; }

 private:
  void read_parts(std::string_view body, const std::string& delimiter, const std::string& number,
                  int level) {
    int index = 0;
    const char* begin = nullptr;
    const auto finish = [&](const char* end) {
      if (begin)
        read({begin, static_cast<std::size_t>(end - begin)}, number + "." + std::to_string(++index),
             level + 1);
    };
    std::string_view rest = body;
    while (!rest.empty() && !unpacking_.exhausted()) {
      const char* line_begin = rest.data();
      const std::string_view line = take_line(rest);
      if (line.substr(0, delimiter.size()) != delimiter) continue;
      const std::string_view after = trimmed(line.substr(delimiter.size()));
      if (!after.empty() && after != "--") continue;
      finish(line_begin);
      begin = rest.data();
      if (after == "--") {
        begin = nullptr;
        break;
      }
    }
    finish(body.data() + body.size());  // a message that was cut
  }

  Unpacking& unpacking_;
  OriginPtr origin_;
  int depth_;
  bool good_ = true;
};

}  // namespace

bool read_mail(Unpacking& unpacking, std::string_view bytes, const OriginPtr& origin, int depth) {
  ++unpacking.coverage().archives;
  MailReader reader(unpacking, origin, depth);
  if (bytes.substr(0, 5) != "From ") {
    reader.read(bytes, "1", 0);
    return reader.good();
  }
  int number = 0;
  while (!bytes.empty() && !unpacking.exhausted()) {
    take_line(bytes);  // "From address date"
    const std::size_t next = bytes.find("\nFrom ");
    const std::string_view message = bytes.substr(0, next == std::string_view::npos ? next : next + 1);
    reader.read(message, std::to_string(++number), 0);
    bytes.remove_prefix(message.size());
  }
  return reader.good();
}

}  // namespace kimiguard::archive
