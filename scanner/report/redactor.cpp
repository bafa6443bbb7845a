#include "scanner/report/redactor.h"

#include <algorithm>
#include <cstring>

#include "scanner/text/mask.h"

namespace kimiguard::report {
namespace {

constexpr std::size_t kHead = 8;
constexpr std::size_t kMiddle = 16;

std::uint64_t head_of(const char* bytes) {
  std::uint64_t head = 0;
  std::memcpy(&head, bytes, kHead);
  return head;
}

std::size_t pair_of(const char* bytes) {
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) << 8 |
         static_cast<unsigned char>(bytes[1]);
}

// The base64 characters that depend on `bytes` alone when `before` bytes (0 to 2) stand in front of
// it in the same group.
std::string inner_base64(std::string_view bytes, std::size_t before, bool url) {
  const char* alphabet = url ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                             : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t bits_before = before * 8;
  const std::size_t bits = bits_before + bytes.size() * 8;
  std::string out;
  for (std::size_t bit = (bits_before + 5) / 6 * 6; bit + 6 <= bits; bit += 6) {
    // Six bits of two bytes, or of the last.
    const std::size_t at = (bit - bits_before) / 8;
    const auto byte = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[i])) : 0U; };
    const unsigned value = ((byte(at) << 8 | byte(at + 1)) >> (10 - (bit - bits_before) % 8)) & 63U;
    out += alphabet[value];
  }
  return out;
}

std::string hex(std::string_view bytes, const char* digits) {
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

// Applies `change` to every text of a report that can hold what was scanned.
class Walk {
 public:
  explicit Walk(const Redactor& redactor) : redactor_(redactor) {}

  void operator()(Report& report) const {
    for (auto& [name, uri] : report.uri_bases) text(uri);
    for (Repository& repository : report.repositories) {
      text(repository.remote);
      text(repository.branch);
    }
    for (Finding& finding : report.findings) visit(finding);
    for (Gap& gap : report.coverage.gaps) {
      text(gap.place);
      text(gap.reason);
    }
    for (std::string& note : report.notes) text(note);
    text(report.automation_id);
    if (report.inventory) visit(*report.inventory);
  }

 private:
  void text(std::string& text) const { text = redactor_(text); }
  void visit(Finding& finding) const {
    text(finding.issuer);
    text(finding.key_path);
    for (Evidence& evidence : finding.evidence) text(evidence.text);
    for (auto& [name, value] : finding.arguments) text(value);
    for (Change& change : finding.changes) {
      text(change.file);
      text(change.key_path);
      text(change.from);
      text(change.to);
    }
    for (Place& place : finding.places) visit(place);
    for (Place& place : finding.settings) visit(place);
    if (finding.suppression) {
      text(finding.suppression->justification);
      text(finding.suppression->where);
    }
  }
  void visit(SettingPlace& part) const {
    text(part.value);
    text(part.path);
    text(part.key_path);
  }
  void visit(Inventory& inventory) const {
    text(inventory.home);
    for (KeyEntry& key : inventory.keys) {
      for (KeyPlace& place : key.places) text(place.path);
      for (std::string& user : key.users) text(user);
    }
    for (ConnectionEntry& connection : inventory.connections) {
      text(connection.title);
      text(connection.slot);
      text(connection.provider);
      text(connection.protocol);
      text(connection.host);
      text(connection.host_path);
      visit(connection.url);
      visit(connection.key);
      visit(connection.model);
    }
  }
  void visit(Place& place) const {
    text(place.path);
    text(place.uri);
    for (Inside& inside : place.inside) {
      text(inside.name);
      text(inside.row);
      text(inside.column);
    }
    text(place.region.snippet);
    text(place.region.context_snippet);
    text(place.region.line_without_secret);
    Provenance& provenance = place.provenance;
    text(provenance.author);
    text(provenance.commit_path);
    for (std::string& path : provenance.paths) text(path);
    for (std::string& ref : provenance.refs) text(ref);
    for (std::string& remote : provenance.remotes) text(remote);
    text(place.variable);
    text(place.role);
  }

  const Redactor& redactor_;
};

}  // namespace

Redactor::Redactor(const Report& report) {
  for (const Finding& finding : report.findings)
    if (finding.secret) add(*finding.secret);
}

void Redactor::add_form(std::string form, const std::string& shown) {
  if (form.size() >= kHead) {
    Alike& alike = by_head_[head_of(form.data())];
    std::vector<std::size_t>& same =
        form.size() >= kMiddle + kHead ? alike.by_middle[head_of(form.data() + kMiddle)] : alike.others;
    const bool known = std::any_of(same.begin(), same.end(),
                                   [&](std::size_t i) { return forms_[i].text.reveal() == form; });
    if (!known) {
      heads_.set(pair_of(form.data()));
      same.push_back(forms_.size());
      forms_.push_back({Secret(form), shown});
      // Longest first, so that a key that begins like another is masked whole.
      std::sort(same.begin(), same.end(), [&](std::size_t a, std::size_t b) {
        return forms_[a].text.reveal().size() > forms_[b].text.reveal().size();
      });
    }
  }
  wipe(form);
}

void Redactor::add(const Secret& secret) {
  const std::string_view text = secret.reveal();
  if (text.size() < kHead) return;
  if (const Form* known = beginning(text); known != nullptr && known->text == secret) return;
  static const std::string kHidden = "\xE2\x80\xA6";
  add_form(std::string(text), secret.masked());
  for (std::size_t before = 0; before < 3; ++before) {
    add_form(inner_base64(text, before, false), kHidden);
    add_form(inner_base64(text, before, true), kHidden);
  }
  add_form(hex(text, "0123456789abcdef"), kHidden);
  add_form(hex(text, "0123456789ABCDEF"), kHidden);
}

const Redactor::Form* Redactor::beginning(std::string_view text) const {
  if (text.size() < kHead) return nullptr;
  const auto alike = by_head_.find(head_of(text.data()));
  if (alike == by_head_.end()) return nullptr;
  const auto longest = [&](const std::vector<std::size_t>& same) -> const Form* {
    for (const std::size_t i : same)
      if (text.starts_with(forms_[i].text.reveal())) return &forms_[i];
    return nullptr;
  };
  if (text.size() >= kMiddle + kHead) {
    const auto same = alike->second.by_middle.find(head_of(text.data() + kMiddle));
    if (same != alike->second.by_middle.end())
      if (const Form* form = longest(same->second)) return form;
  }
  return longest(alike->second.others);
}

std::string Redactor::operator()(std::string_view text) const {
  std::string out;
  if (!by_head_.empty() && text.size() >= kHead) {
    std::size_t done = 0;
    for (std::size_t at = 0; at + kHead <= text.size();) {
      if (!heads_[pair_of(text.data() + at)]) {
        ++at;
        continue;
      }
      const Form* found = beginning(text.substr(at));
      if (found == nullptr) {
        ++at;
        continue;
      }
      out += text.substr(done, at - done);
      out += found->shown;
      at += found->text.reveal().size();
      done = at;
    }
    out += text.substr(done);
  } else {
    out = text;
  }
  // Spans, not mask_keys: bytes that are no UTF-8 stay what they are in a name.
  const std::vector<text::Masked> keys = text::find_keys(out);
  if (keys.empty()) return out;
  std::string masked;
  std::size_t done = 0;
  for (const text::Masked& key : keys) {
    masked.append(out, done, key.span.begin - done);
    masked += key.shown;
    done = key.span.end;
  }
  masked.append(out, done);
  wipe(out);
  return masked;
}

CleanReport::CleanReport(const Report& report) : report_(report) {
  const Redactor redactor(report);
  Walk{redactor}(report_);
}

}  // namespace kimiguard::report
