#include "scanner/detect/detector.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "scanner/detect/attribution.h"
#include "scanner/detect/jwt.h"
#include "scanner/detect/names.h"
#include "scanner/detect/patterns.h"
#include "scanner/detect/plausibility.h"
#include "scanner/detect/run_finder.h"
#include "scanner/detect/surroundings.h"
#include "scanner/text/decode.h"
#include "scanner/text/region.h"
#include "scanner/text/view.h"

namespace kimiguard::detect {
namespace {

// Around a candidate: room for a prefix in any encoding on the left, for the rest of a broken key on
// the right.
constexpr std::uint64_t kLeft = 160;
constexpr std::uint64_t kRight = 320;
// A hit has no start; this far back RE2 looks for one. Tokens may be long.
constexpr std::uint64_t kLongestKey = 700;
constexpr std::uint64_t kLongestToken = 8192;
// Decoded inside decoded inside …
constexpr int kDepth = 4;
constexpr std::size_t kMostMatches = 200000;
// UTF-16 text is decoded whole up to this size, else around candidates.
constexpr std::uint64_t kWholeUnits = 64 << 20;

std::unique_ptr<re2::RE2> compile(const std::string& expression) {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(16 << 20);
  return std::make_unique<re2::RE2>(expression, options);
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

struct CompiledRule {
  std::unique_ptr<re2::RE2> expression;
  std::vector<std::pair<std::string, std::unique_ptr<re2::RE2>>> marks;
  std::vector<std::unique_ptr<re2::RE2>> placeholders;
  std::vector<std::unique_ptr<re2::RE2>> proofs;
  std::vector<std::unique_ptr<re2::RE2>> hints;
};

// The rulebook with everything compiled that detection needs.
struct Known {
  explicit Known(std::shared_ptr<const Rulebook> given) : book(std::move(given)), names(*book) {
    for (const Rule& rule : book->rules) {
      CompiledRule made;
      if (rule.kind == Rule::Kind::leak) {
        if (!rule.expression.empty()) made.expression = compile(rule.expression);
        for (const IssuerMark& mark : rule.marks) made.marks.emplace_back(mark.issuer, compile(mark.expression));
        for (const std::string& text : rule.placeholders) made.placeholders.push_back(compile(text));
        for (const std::string& text : rule.proofs) made.proofs.push_back(compile("(?m)" + text));
        for (const std::string& text : rule.hints) made.hints.push_back(compile("(?m)" + text));
      }
      rules.push_back(std::move(made));
    }
  }
  std::shared_ptr<const Rulebook> book;
  NameBook names;
  std::vector<CompiledRule> rules;
};

bool any_match(const std::vector<std::unique_ptr<re2::RE2>>& expressions, std::string_view text) {
  return std::any_of(expressions.begin(), expressions.end(), [&](const auto& expression) {
    return expression->ok() && re2::RE2::PartialMatch(piece(text), *expression);
  });
}

std::size_t count_matches(const std::vector<std::unique_ptr<re2::RE2>>& expressions, std::string_view text) {
  return static_cast<std::size_t>(std::count_if(expressions.begin(), expressions.end(), [&](const auto& expression) {
    return expression->ok() && re2::RE2::PartialMatch(piece(text), *expression);
  }));
}

// Only these change what the text around a plain key means; the others would change the key.
bool changes_surroundings(std::string_view encoding) {
  return encoding == "json" || encoding == "escape" || encoding == "percent" || encoding == "html" ||
         encoding == "quoted-printable" || encoding == "ansi";
}

bool has_escapes_near(std::string_view text, Span span) {
  const std::uint64_t begin = span.begin > 400 ? span.begin - 400 : 0;
  const std::string_view near = text.substr(begin, span.size() + 800);
  return near.find_first_of("\\%&\x1b") != std::string_view::npos || near.find("=3D") != std::string_view::npos;
}

}  // namespace

struct Detection::Shared {
  std::shared_ptr<const Matcher> matcher;
  RulebookSource source;
  bool everything = false;  // no candidate finder: foreign rules

  const Known& known() {
    std::call_once(once, [&] { made = std::make_unique<Known>(source()); });
    return *made;
  }

 private:
  std::once_flag once;
  std::unique_ptr<Known> made;
};

Detection::Detection(std::unique_ptr<Shared> shared) : shared_(std::move(shared)) {}
Detection::~Detection() = default;

std::shared_ptr<Detection> Detection::made(std::shared_ptr<const Matcher> matcher, RulebookSource rulebook, bool everything) {
  auto shared = std::make_unique<Shared>();
  shared->matcher = std::move(matcher);
  shared->source = std::move(rulebook);
  shared->everything = everything;
  return std::shared_ptr<Detection>(new Detection(std::move(shared)));
}

Result<std::shared_ptr<Detection>> Detection::built_in(std::string_view image, RulebookSource rulebook) {
  auto matcher = Matcher::in_place(image);
  if (!matcher) return matcher.error();
  return made(std::move(*matcher), std::move(rulebook), false);
}

Result<std::shared_ptr<Detection>> Detection::recompiled(std::string_view serialized, RulebookSource rulebook) {
  auto matcher = Matcher::load(serialized);
  if (!matcher) return matcher.error();
  return made(std::move(*matcher), std::move(rulebook), false);
}

Result<std::shared_ptr<Detection>> Detection::custom(std::string_view serialized,
                                                     std::shared_ptr<const Rulebook> rulebook) {
  auto matcher = Matcher::load(serialized);
  if (!matcher) return matcher.error();
  return made(std::move(*matcher), [rulebook] { return rulebook; }, true);
}

struct Detector::State {
  std::shared_ptr<Detection> detection;
  Detection::Shared* shared = nullptr;
  Matcher::Scratch scratch;
  std::vector<Span> candidates;
  std::vector<RawHit> hits;

  explicit State(std::shared_ptr<Detection> given)
      : detection(std::move(given)), shared(detection->shared_.get()), scratch(shared->matcher) {}

  // One decoded layer of a document. The outermost has no view.
  struct Layer {
    std::string_view text;
    const text::View* view = nullptr;
    const Layer* outer = nullptr;

    Span to_document(Span span) const { return view == nullptr ? span : view->to_source(span); }
    // Where a span of this layer stands in the layer around it.
    Span to_outer(Span span) const {
      const Span document = to_document(span);
      return outer->view == nullptr ? document : outer->view->from_source(document);
    }
  };

  struct Found {
    Match match;
    Span span;  // in the document
    std::vector<std::uint64_t> evidence_at;  // in the document
  };

  struct Work {
    const Document* document;
    std::vector<Found> found;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> seen;  // by span
    std::vector<std::pair<Span, std::string>> viewed;  // views of the document that were examined
  };

  void find(std::string_view bytes, std::vector<Window>& windows) {
    if (shared->everything) {
      scan(bytes, {0, bytes.size()}, windows);
    } else {
      candidates.clear();
      find_candidates(bytes, candidates);
      for (std::size_t i = 0; i < candidates.size();) {
        Span window = widened(candidates[i], bytes.size());
        // Windows that touch are looked at once.
        for (++i; i < candidates.size(); ++i) {
          const Span next = widened(candidates[i], bytes.size());
          if (next.begin > window.end) break;
          window.end = std::max(window.end, next.end);
        }
        scan(bytes, window, windows);
      }
    }
    const text::TextForm form = bytes.size() >= 4 && (bytes[0] == '\xFF' || bytes[0] == '\xFE' || bytes[0] == 0 || bytes[1] == 0)
                                    ? text::form_of(bytes)
                                    : text::TextForm::utf8;
    if (form != text::TextForm::utf8 && form != text::TextForm::binary)
      windows.push_back({{0, std::min<std::uint64_t>(bytes.size(), kWholeUnits)}, false, true});
  }

  static Span widened(Span span, std::uint64_t size) {
    return {span.begin > kLeft ? span.begin - kLeft : 0, std::min(size, span.end + kRight)};
  }

  void scan(std::string_view bytes, Span window, std::vector<Window>& windows) {
    hits.clear();
    scratch.scan(bytes.substr(window.begin, window.size()), hits);
    for (const RawHit& hit : hits) {
      const PatternMeaning meaning = meaning_of(hit.id);
      const std::uint64_t end = window.begin + hit.end;
      const std::uint64_t back = meaning.form == Form::plain ? kLongestToken : kLongestKey;
      Window made;
      made.span = {end > back ? end - back : 0, std::min<std::uint64_t>(bytes.size(), end + 2)};
      // Look no further back than the candidate: a window is where a match may begin.
      made.span.begin = std::max(made.span.begin, window.begin);
      made.plain = meaning.form == Form::plain;
      made.encoded = !made.plain;
      if (made.plain) made.rules.push_back(static_cast<unsigned>(meaning.rule));
      made.hit = end;
      if (!windows.empty() && windows.back().span.overlaps(made.span) && windows.back().plain == made.plain && made.plain) {
        Window& last = windows.back();
        last.span.begin = std::min(last.span.begin, made.span.begin);
        last.span.end = std::max(last.span.end, made.span.end);
        if (std::find(last.rules.begin(), last.rules.end(), made.rules[0]) == last.rules.end())
          last.rules.push_back(made.rules[0]);
        continue;
      }
      windows.push_back(std::move(made));
    }
  }

  std::vector<Match> examine(const Document& document, const std::vector<Window>& windows) {
    Work work;
    work.document = &document;
    Layer layer;
    layer.text = document.bytes;
    look(work, layer, windows, 0);

    std::stable_sort(work.found.begin(), work.found.end(), [](const Found& a, const Found& b) {
      return std::tuple(a.span.begin, a.span.end) < std::tuple(b.span.begin, b.span.end);
    });
    std::vector<Match> matches;
    if (work.found.empty()) return matches;
    text::DocumentIndex index(document);
    for (Found& found : work.found) {
      if (found.span.end <= document.seen) continue;  // an earlier piece showed it
      if (found.span.end + document.later > document.bytes.size()) continue;  // the next one will
      text::RegionOptions options;
      options.shown = found.match.secret.masked();
      found.match.region = text::make_region(index, found.span, options);
      for (std::size_t i = 0; i < found.match.evidence.size() && i < found.evidence_at.size(); ++i)
        found.match.evidence[i].line = index.lines().at(found.evidence_at[i]).line;
      found.match.origin = document.origin;
      matches.push_back(std::move(found.match));
    }
    return matches;
  }

  void look(Work& work, const Layer& layer, const std::vector<Window>& windows, int depth) {
    for (const Window& window : windows) {
      if (work.found.size() >= kMostMatches) return;
      if (window.plain) confirm(work, layer, window);
      if (window.encoded && depth < kDepth) decode(work, layer, window, depth);
    }
  }

  void confirm(Work& work, const Layer& layer, const Window& window) {
    const Known& known = shared->known();
    const re2::StringPiece text = piece(layer.text);
    for (const unsigned index : window.rules) {
      if (index >= known.rules.size() || known.rules[index].expression == nullptr) continue;
      const Rule& rule = known.book->rules[index];
      const re2::RE2& expression = *known.rules[index].expression;
      if (!expression.ok()) continue;
      const int groups = std::min(expression.NumberOfCapturingGroups(), 15) + 1;
      re2::StringPiece captured[16];
      std::uint64_t at = window.span.begin;
      // One byte more on the right: what may not follow must be seen.
      const std::uint64_t end = std::min<std::uint64_t>(layer.text.size(), window.span.end + 1);
      while (at < end && expression.Match(text, at, end, re2::RE2::UNANCHORED, captured, groups)) {
        const int group = rule.group < groups ? rule.group : 0;
        const re2::StringPiece secret = captured[group].data() != nullptr ? captured[group] : captured[0];
        const auto begin = static_cast<std::uint64_t>(secret.data() - text.data());
        consider(work, layer, index, {begin, begin + secret.size()});
        const auto next = begin + std::max<std::uint64_t>(secret.size(), 1);
        at = std::max(next, at + 1);
      }
    }
  }

  void consider(Work& work, const Layer& layer, unsigned index, Span span) {
    const Known& known = shared->known();
    const Rule& rule = known.book->rules[index];
    const CompiledRule& compiled = known.rules[index];
    const std::string_view secret = layer.text.substr(span.begin, span.size());
    const Span in_document = layer.to_document(span);
    if (work.seen.contains({in_document.begin, in_document.end})) return;
    for (const auto& [issuer, mark] : compiled.marks)
      if (mark->ok() && re2::RE2::FullMatch(piece(secret), *mark)) return;
    if (any_match(compiled.placeholders, secret)) return;
    const std::string_view body = secret.substr(std::min(secret.size(), rule.prefix.size()));
    if (rule.attribution == Rule::Attribution::token) {
      if (entropy(body) < rule.min_entropy) return;
    } else if (rule.prefix.empty()) {
      if (rule.min_entropy > 0 && entropy(body) < rule.min_entropy) return;
    } else if (!why_not_random(body, rule.min_entropy, rule.min_distinct).empty()) {
      return;
    }

    Found found;
    found.span = in_document;
    found.match.secret = Secret(secret);
    found.match.rule = rule.id;
    found.match.secret_kind = rule.secret_kind;
    found.match.realm = rule.realm;
    found.match.confidence = rule.confidence;
    if (layer.view != nullptr) found.match.decoded = layer.view->chain;
    if (!rule.realm.empty() || rule.attribution != Rule::Attribution::shape) {
      if (!attribute_to(work, layer, rule, span, found)) return;
    }
    work.seen.emplace(std::pair(in_document.begin, in_document.end), work.found.size());
    work.found.push_back(std::move(found));
  }

  // Asks the surroundings, decoded as far as they can be, then those further out.
  struct Asked {
    Attribution attribution;
    std::vector<std::uint64_t> at;  // evidence, in the document
  };
  Asked ask(const Work& work, const Layer& layer, Span span) {
    const Known& known = shared->known();
    std::vector<Asked> answers;
    const auto add = [&](const Layer& asked, Span where) {
      Asked answer;
      answer.attribution = attribute(*known.book, known.names, asked.text, where);
      for (const std::uint64_t at : answer.attribution.evidence_at)
        answer.at.push_back(asked.to_document({at, at + 1}).begin);
      answers.push_back(std::move(answer));
    };
    // Escapes around a plain key: in a transcript its own lines stand inside one string.
    if (has_escapes_near(layer.text, span)) {
      std::vector<text::View> views;
      std::string_view text = layer.text;
      Span where = span;
      for (int level = 0; level < 3; ++level) {
        std::vector<text::View> here = text::views_at(text, where);
        const auto view = std::find_if(here.begin(), here.end(), [](const text::View& v) { return changes_surroundings(v.encoding()); });
        if (view == here.end()) break;
        const Span inside = view->from_source(where);
        if (inside.size() != where.size()) break;
        views.push_back(views.empty() ? std::move(*view) : text::compose(views.back(), std::move(*view)));
        text = views.back().text;
        where = inside;
        if (!has_escapes_near(text, where)) break;
      }
      for (auto view = views.rbegin(); view != views.rend(); ++view) {
        text::View whole = layer.view == nullptr ? std::move(*view) : text::compose(*layer.view, std::move(*view));
        const Layer inner{whole.text, &whole, &layer};
        Span in = whole.from_source(layer.to_document(span));
        if (in.size() == span.size()) add(inner, in);
      }
    }
    add(layer, span);
    const Layer* around = &layer;
    Span where = span;
    while (around->outer != nullptr) {
      where = around->to_outer(where);
      around = around->outer;
      add(*around, where);
    }
    // A cell of a table: the other columns of its row are its scope.
    if (!work.document->context.empty()) {
      std::string row = "(";
      row.append(work.document->context.substr(0, kWindow));
      row += "\nvalue=";
      const Span in_row{row.size(), row.size() + span.size()};
      row.append(layer.text.substr(span.begin, span.size()));
      row += ")";
      Asked answer;
      answer.attribution = attribute(*known.book, known.names, row, in_row);
      answer.at.assign(answer.attribution.evidence_at.size(), layer.to_document(span).begin);
      wipe(row);
      answers.push_back(std::move(answer));
    }
    // The innermost that speaks; a sure answer further out beats an unsure one.
    Asked* best = nullptr;
    for (Asked& answer : answers) {
      if (answer.attribution.whose == Attribution::Whose::nobody) continue;
      if (best == nullptr || (best->attribution.whose == Attribution::Whose::kimi &&
                              best->attribution.confidence < answer.attribution.confidence &&
                              answer.attribution.whose == Attribution::Whose::kimi))
        best = &answer;
    }
    if (best == nullptr) best = &answers.front();
    if (best->attribution.variable.empty())
      for (const Asked& answer : answers)
        if (best->attribution.variable.empty()) best->attribution.variable = answer.attribution.variable;
    return std::move(*best);
  }

  // False if it is no finding at all.
  bool attribute_to(Work& work, const Layer& layer, const Rule& rule, Span span, Found& found) {
    const Known& known = shared->known();
    Asked asked = ask(work, layer, span);
    Attribution& said = asked.attribution;
    found.match.variable = said.variable;
    found.match.sent_elsewhere = said.sent_elsewhere;
    const auto take_evidence = [&] {
      found.match.evidence.insert(found.match.evidence.end(), said.evidence.begin(), said.evidence.end());
      found.evidence_at.insert(found.evidence_at.end(), asked.at.begin(), asked.at.end());
    };
    switch (rule.attribution) {
      case Rule::Attribution::shape: {
        found.match.evidence.push_back({"prefix", rule.prefix.empty() ? rule.id : rule.prefix, 0});
        found.evidence_at.push_back(found.span.begin);
        // The surroundings cannot change whose it is, but a host of its product tells the region.
        if (said.whose == Attribution::Whose::kimi) {
          const Realm* realm = known.book->realm(said.realm);
          if (realm != nullptr && realm->product == rule.realm) found.match.realm = realm->id;
          take_evidence();
        } else if (said.whose == Attribution::Whose::other && !said.evidence.empty() && said.evidence[0].kind == "host") {
          found.match.sent_elsewhere = true;
        }
        return true;
      }
      case Rule::Attribution::evidence:
        if (said.whose == Attribution::Whose::kimi) {
          found.match.confidence = said.confidence;
          const Realm* realm = known.book->realm(said.realm);
          found.match.realm = realm != nullptr && realm->product == rule.realm ? realm->id : "";
          take_evidence();
          return true;
        }
        found.match.confidence = Confidence::low;
        found.match.realm.clear();
        if (said.whose == Attribution::Whose::other) {
          found.match.rule.clear();
          found.match.issuer = said.issuer;
          take_evidence();
          return true;
        }
        if (rule.without_evidence.empty()) return false;
        found.match.rule = rule.without_evidence;
        if (const Rule* other = known.book->rule(rule.without_evidence); other != nullptr)
          found.match.secret_kind = other->secret_kind;
        return true;
      case Rule::Attribution::token:
        return attribute_token(work, layer, span, found, asked);
    }
    return false;
  }

  bool attribute_token(Work& work, const Layer& layer, Span span, Found& found, Asked& asked) {
    const Known& known = shared->known();
    const auto token = read_jwt(layer.text.substr(span.begin, span.size()));
    if (!token) return false;
    std::string facts = "header " + token->header + "\npayload " + token->payload;
    for (const std::string& name : names_of(layer, span)) facts += "\nname " + name;
    if (work.document->origin != nullptr) facts += "\npath " + work.document->origin->path;
    const Attribution& said = asked.attribution;
    bool proven = said.whose == Attribution::Whose::kimi && said.confidence == Confidence::high;
    if (proven) {
      found.match.evidence = said.evidence;
      found.evidence_at = asked.at;
    }
    const Rule* taken = nullptr;
    std::size_t most = 0;
    for (std::size_t i = 0; i < known.rules.size(); ++i) {
      const Rule& rule = known.book->rules[i];
      if (rule.kind != Rule::Kind::leak || rule.attribution != Rule::Attribution::token) continue;
      const bool proof = any_match(known.rules[i].proofs, facts);
      if (proof && !proven) {
        found.match.evidence.push_back({"provider", "token", 0});
        found.evidence_at.push_back(found.span.begin);
      }
      proven = proven || proof;
      const std::size_t hints = 1 + count_matches(known.rules[i].hints, facts) + (proof ? 1 : 0);
      if (taken == nullptr || hints > most) {
        taken = &rule;
        most = hints;
      }
    }
    if (!proven || taken == nullptr) return false;
    found.match.rule = taken->id;
    found.match.secret_kind = taken->secret_kind;
    const Realm* realm = known.book->realm(said.realm);
    found.match.realm = realm != nullptr && realm->product == taken->realm ? realm->id : taken->realm;
    found.match.confidence = taken->confidence;
    return true;
  }

  static std::vector<std::string> names_of(const Layer& layer, Span span);

  void decode(Work& work, const Layer& layer, const Window& window, int depth) {
    const text::TextForm form = layer.view == nullptr && window.span.begin == 0 && !window.plain && window.hit == 0
                                    ? text::form_of(layer.text)
                                    : text::TextForm::utf8;
    std::vector<text::View> views;
    if (form != text::TextForm::utf8 && form != text::TextForm::binary) {
      views.push_back(text::decode_units(layer.text, window.span, form));
    } else {
      const std::uint64_t begin = window.hit > 48 ? window.hit - 48 : 0;
      views = text::views_at(layer.text, {std::max(begin, window.span.begin), window.hit});
    }
    for (text::View& view : views) {
      text::View whole = layer.view == nullptr ? std::move(view) : text::compose(*layer.view, std::move(view));
      // A long token is decoded once, however many hits it has.
      std::string chain;
      for (const std::string& encoding : whole.chain) chain += encoding + ' ';
      const bool again = std::any_of(work.viewed.begin(), work.viewed.end(), [&](const auto& done) {
        return done.first.begin <= whole.source.begin && whole.source.end <= done.first.end && done.second == chain;
      });
      if (again) continue;
      work.viewed.emplace_back(whole.source, chain);
      if (work.viewed.size() > 4096) work.viewed.erase(work.viewed.begin());
      const Layer inner{whole.text, &whole, &layer};
      std::vector<Window> inside;
      find(whole.text, inside);
      look(work, inner, inside, depth + 1);
    }
  }
};

std::vector<std::string> Detector::State::names_of(const Layer& layer, Span span) {
  return names_before(layer.text, span.begin);
}

Detector::Detector(std::shared_ptr<Detection> detection) : state_(std::make_unique<State>(std::move(detection))) {}
Detector::~Detector() = default;

void Detector::find(std::string_view bytes, std::vector<Window>& windows) { state_->find(bytes, windows); }

std::vector<Match> Detector::examine(const Document& document) {
  std::vector<Window> windows;
  state_->find(document.bytes, windows);
  return state_->examine(document, windows);
}

std::vector<Match> Detector::examine(const Document& document, const std::vector<Window>& windows) {
  return state_->examine(document, windows);
}

}  // namespace kimiguard::detect
