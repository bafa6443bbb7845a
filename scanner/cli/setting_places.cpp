#include "scanner/cli/setting_places.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "scanner/agents/disk.h"
#include "scanner/kimi/key_kind.h"
#include "scanner/text/region.h"

namespace kimiguard::cli {
namespace {

constexpr std::size_t kLargest = std::size_t{32} << 20;

// One document of which places are asked, read when first needed.
class Source {
 public:
  explicit Source(std::string bytes) : bytes_(std::move(bytes)) {
    document_.bytes = bytes_;
    index_ = std::make_unique<text::DocumentIndex>(document_);
  }
  ~Source() { wipe(bytes_); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  std::string_view bytes() const { return bytes_; }
  Region region(Span span, bool hide) {
    text::RegionOptions options;
    options.hide = hide;
    if (hide) options.shown = Secret(std::string_view(bytes_).substr(span.begin, span.size())).masked();
    return text::make_region(*index_, span, options);
  }

 private:
  std::string bytes_;
  Document document_;
  std::unique_ptr<text::DocumentIndex> index_;
};

class Placing {
 public:
  Placing(const AuditPlaces& places, const SettingSources& sources) : places_(places), sources_(sources) {}

  void operator()(Finding& finding) {
    for (Place& place : finding.places) put(place, finding);
    for (Place& place : finding.settings) put(place, finding);
    for (auto& [name, value] : finding.arguments) value = places_.shown_in(value);
    for (Change& change : finding.changes) change.file = places_.shown(change.file);
  }

 private:
  Source* source_of(const std::string& path) {
    const auto [at, fresh] = documents_.try_emplace(path);
    if (fresh) {
      if (const auto environment = sources_.environments.find(path); environment != sources_.environments.end()) {
        at->second = std::make_unique<Source>(environment->second);
      } else if (!path.starts_with("proc/")) {
        if (auto bytes = disk_.read(path, kLargest)) at->second = std::make_unique<Source>(std::move(*bytes));
      }
    }
    return at->second.get();
  }

  void put(Place& place, const Finding& finding) {
    if (place.path.empty()) place.path = "proc/self/environ";
    const std::string path = place.path;
    const bool variable = path.starts_with("proc/");
    const bool database = sources_.databases.count(path) != 0;
    if (database) {
      const std::vector<std::string> parts = key_path_parts(place.variable);
      Inside inside;
      inside.kind = parts.size() > 2 ? Inside::Kind::table_cell : Inside::Kind::key_value;
      if (!parts.empty()) inside.name = parts[0];
      if (parts.size() > 2) {
        inside.row = parts[1];
        inside.column = parts[2];
      }
      if (!parts.empty()) place.inside.push_back(std::move(inside));
      place.region.binary = true;
    } else if (Source* source = source_of(path); source != nullptr) {
      Span span = place.region.bytes;
      if (variable) {
        line_of_variable(source->bytes(), place.variable, span);
      } else if (span.size() == 0 && place.role == "key" && finding.secret) {
        // The mode of a file with a key: where the key is.
        const std::size_t at = source->bytes().find(finding.secret->reveal());
        if (at != std::string_view::npos) span = {at, at + finding.secret->reveal().size()};
      } else if (span.size() == 0) {
        span = {0, std::min(source->bytes().find('\n'), source->bytes().size())};
      }
      span.end = std::min<std::uint64_t>(span.end, source->bytes().size());
      span.begin = std::min(span.begin, span.end);
      const bool key = place.role == "key" || place.role == "other key" || place.role == "same key";
      const std::string_view text = source->bytes().substr(span.begin, span.size());
      place.region = source->region(span, key && !kimi::is_reference(text));
    }
    if (!variable && sources_.exposure) {
      const Exposure known = sources_.exposure(path);
      place.exposure.in_repository = known.in_repository;
      place.exposure.tracked = known.tracked;
      place.exposure.staged = known.staged;
      place.exposure.ignored = known.ignored;
    }
    const AuditPlaces::Named named = places_.name(path);
    place.uri_base = named.base;
    place.uri = named.below;
    place.path = variable ? path : places_.shown(path);
  }

  const AuditPlaces& places_;
  const SettingSources& sources_;
  agents::PosixDisk disk_;
  std::map<std::string, std::unique_ptr<Source>> documents_;
};

}  // namespace

std::vector<std::string> key_path_parts(std::string_view key_path) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < key_path.size();) {
    std::string part;
    if (key_path[at] == '"') {
      for (++at; at < key_path.size() && key_path[at] != '"'; ++at) {
        if (key_path[at] == '\\' && at + 1 < key_path.size()) ++at;
        part += key_path[at];
      }
      ++at;
    } else {
      while (at < key_path.size() && key_path[at] != '.') part += key_path[at++];
    }
    parts.push_back(std::move(part));
    ++at;
  }
  return parts;
}

std::uint64_t line_of_variable(std::string_view environment, std::string_view name, Span& value) {
  std::uint64_t line = 1;
  for (std::size_t at = 0; at < environment.size(); ++line) {
    const std::size_t end = std::min(environment.find('\n', at), environment.size());
    const std::string_view entry = environment.substr(at, end - at);
    if (entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=') {
      value = {at + name.size() + 1, end};
      return line;
    }
    at = end + 1;
  }
  return 0;
}

void place_settings(std::vector<Finding>& findings, const AuditPlaces& places, const SettingSources& sources) {
  Placing placing(places, sources);
  for (Finding& finding : findings) placing(finding);
}

}  // namespace kimiguard::cli
