#include "scanner/report/facts.h"

#include "scanner/core/finding_id.h"
#include "scanner/report/joined_provenance.h"
#include "scanner/report/uri.h"
#include "scanner/text/mask.h"
#include "scanner/text/utf8.h"

namespace kimiguard::report {
namespace {

Json names(const std::vector<std::string>& values) {
  Json list = Json::array();
  for (const std::string& value : values) list.push_back(utf8_name(value));
  return list;
}

std::string octal(std::uint32_t mode) {
  std::string text;
  for (int shift = 9; shift >= 0; shift -= 3) text += static_cast<char>('0' + (mode >> shift & 7U));
  return text;
}

}  // namespace

Json evidence_facts(const std::vector<Evidence>& evidence) {
  Json list = Json::array();
  for (const Evidence& piece : evidence) {
    Json object{{"kind", piece.kind}, {"text", utf8_name(piece.text)}};
    if (piece.line > 0) object["line"] = piece.line;
    list.push_back(std::move(object));
  }
  return list;
}

Json exposure_facts(const Exposure& exposure) {
  Json object{{"place", name(exposure.place)},
              {"inRepository", exposure.in_repository},
              {"staged", exposure.staged},
              {"tracked", exposure.tracked},
              {"ignored", exposure.ignored},
              {"browserVariable", exposure.browser_variable},
              {"sentElsewhere", exposure.sent_elsewhere},
              {"readableByOthers", exposure.readable_by_others}};
  if (exposure.mode != 0) object["mode"] = octal(exposure.mode);
  return object;
}

Json provenance_facts(const Provenance& provenance) {
  Json object{{"class", name(provenance.provenance)},
              {"pushed", name(provenance.pushed)},
              {"inHead", provenance.in_head}};
  if (!provenance.commit.empty()) object["commit"] = provenance.commit;
  if (!provenance.last_commit.empty()) object["lastCommit"] = provenance.last_commit;
  if (!provenance.paths.empty()) {
    object["path"] = utf8_name(provenance.commit_path.empty() ? provenance.paths.front() : provenance.commit_path);
    if (provenance.paths.size() > 1) object["paths"] = names(provenance.paths);
  }
  if (!provenance.date.empty()) object["date"] = provenance.date;
  if (!provenance.author.empty()) object["author"] = utf8_name(provenance.author);
  if (!provenance.refs.empty()) object["refs"] = names(provenance.refs);
  if (!provenance.remotes.empty()) object["remotes"] = names(provenance.remotes);
  return object;
}

Json decoded_facts(const std::vector<std::string>& decoded) { return names(decoded); }

Json inside_facts(const std::vector<Inside>& inside) {
  Json list = Json::array();
  for (const Inside& part : inside) {
    switch (part.kind) {
      case Inside::Kind::archive_member:
        list.push_back({{"member", utf8_name(part.name)}});
        break;
      case Inside::Kind::table_cell:
        list.push_back({{"table", utf8_name(part.name)},
                        {"row", utf8_name(part.row)},
                        {"column", utf8_name(part.column)}});
        break;
      case Inside::Kind::key_value:
        list.push_back({{"key", utf8_name(part.name)}});
        break;
    }
  }
  return list;
}

Json changes_facts(const std::vector<Change>& changes) {
  Json list = Json::array();
  for (const Change& change : changes) {
    list.push_back({{"file", utf8_name(change.file)},
                    {"keyPath", utf8_name(change.key_path)},
                    {"from", utf8_name(change.from)},
                    {"to", utf8_name(change.to)}});
    if (change.line > 0) list.back()["line"] = change.line;
    if (change.instead) list.back()["instead"] = true;
  }
  return list;
}

Json gap_facts(const Gap& gap) {
  return {{"kind", name(gap.kind)},
          {"code", gap.code},
          {"place", utf8_name(gap.place)},
          {"reason", utf8_name(gap.reason)},
          {"count", gap.count}};
}

void add_finding_facts(Json& object, const Finding& finding) {
  if (finding.secret) {
    object["secretSha256"] = finding.secret->id();
    object["secretKind"] = finding.secret_kind;
    object["secret"] = finding.secret->masked();
    object["realm"] = finding.realm.empty() ? "unknown" : finding.realm;
  }
  if (!finding.issuer.empty()) object["issuer"] = utf8_name(finding.issuer);
  if (!finding.key_path.empty()) object["keyPath"] = utf8_name(finding.key_path);
  object["id"] = finding_id(finding);
  object["confidence"] = name(finding.confidence);
  object["severity"] = name(finding.severity);
  object["validity"] = finding.validity;
  object["evidence"] = evidence_facts(finding.evidence);
  if (!finding.places.empty()) {
    const Place& place = finding.places.front();
    object["exposure"] = exposure_facts(place.exposure);
    std::vector<const Place*> places;
    for (const Place& one : finding.places) places.push_back(&one);
    object["provenance"] = provenance_facts(joined_provenance(places));
    object["decoded"] = decoded_facts(place.decoded);
    if (!place.variable.empty()) object["variable"] = utf8_name(place.variable);
  }
  if (!finding.changes.empty()) object["changes"] = changes_facts(finding.changes);
}

// Characters that turn or hide text are escaped, so that whoever looks at the report itself is not deceived. They stand in strings
// only.
static std::string with_hiding_escaped(const std::string& json) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const auto byte = static_cast<unsigned char>(json[at]);
    if (byte != 0x7F && byte != 0xC2 && byte != 0xD8 && byte != 0xE2 && byte != 0xEF && byte != 0xF3) continue;
    const std::size_t length = text::utf8_length(json, at);
    if (length == 0 || !text::is_hiding(text::utf8_code_point(json, at, length))) continue;
    out.append(json, copied, at - copied);
    const auto escape = [&](char32_t unit) {
      static constexpr char kHex[] = "0123456789abcdef";
      out += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) out += kHex[unit >> shift & 15];
    };
    const char32_t code = text::utf8_code_point(json, at, length);
    if (code > 0xFFFF) {
      escape(0xD800 + ((code - 0x10000) >> 10));
      escape(0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
      escape(code);
    }
    copied = at + length;
    at = copied - 1;
  }
  if (copied == 0) return json;
  return out.append(json, copied, json.size() - copied);
}

std::string dumped(const Json& value, int indent) {
  return with_hiding_escaped(value.dump(indent, ' ', false, Json::error_handler_t::replace));
}

}  // namespace kimiguard::report
