#include "scanner/detect/detector.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "scanner/detect/attribution.h"
#include "scanner/detect/compressed_token.h"
#include "scanner/detect/context_memory.h"
#include "scanner/detect/digest.h"
#include "scanner/detect/encoded_segments.h"
#include "scanner/detect/foreign.h"
#include "scanner/detect/jwt.h"
#include "scanner/detect/names.h"
#include "scanner/detect/patterns.h"
#include "scanner/detect/plausibility.h"
#include "scanner/detect/run_finder.h"
#include "scanner/detect/surroundings.h"
#include "scanner/rulebook/expression.h"
#include "scanner/source/container/unpacking.h"
#include "scanner/text/char_class.h"
#include "scanner/text/codes.h"
#include "scanner/text/decode.h"
#include "scanner/text/region.h"
#include "scanner/text/token.h"
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
// … and for other programs' rules, as gitleaks does.
constexpr int kPasses = 5;
constexpr std::size_t kMostMatches = 200000;
// A long token is decoded by stretches: each reaches further than this to both sides.
constexpr std::uint64_t kNestedStep = 12 << 10;
// "sk", "-", "kimi" and "-" before a key's letters, where each "-" is an escape of an escape (&#38;&#35;45&#59;).
constexpr std::uint64_t kMarkedLead = 64;
// UTF-16 text is decoded whole up to this size, else around candidates.
constexpr std::uint64_t kWholeUnits = 64 << 20;
// Candidates that cover "sk-" as it stands, in UTF-16 too.
constexpr std::uint64_t kShortPrefix = 5;

std::unique_ptr<re2::RE2> compile(const std::string& expression) {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(16 << 20);
  return std::make_unique<re2::RE2>(expression, options);
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

// A rule's own, byte by byte, where a dot stands for a line end too.
class RuleExpression : public rulebook::Expression {
 public:
  explicit RuleExpression(std::string expression)
      : Expression(std::move(expression), rulebook::Case::sensitive, rulebook::Encoding::latin1, rulebook::Dot::any) {}
};

struct CompiledRule {
  std::unique_ptr<const RuleExpression> expression;
  std::unique_ptr<const RuleExpression> counted;  // null where there is none
  std::unique_ptr<const RuleExpression> joined;   // the same
  std::vector<std::pair<std::string, std::unique_ptr<const RuleExpression>>> marks;
  std::vector<std::unique_ptr<const RuleExpression>> placeholders;
  std::vector<std::unique_ptr<const RuleExpression>> proofs;
  std::vector<std::unique_ptr<const RuleExpression>> hints;
};

// The rulebook with everything that detection needs, compiled when needed.
struct Known {
  explicit Known(std::shared_ptr<const Rulebook> given) : book(std::move(given)), names(*book) {
    for (const Rule& rule : book->rules) {
      CompiledRule made;
      if (rule.kind == Rule::Kind::leak && rule.foreign == nullptr) {
        if (!rule.expression.empty()) made.expression = std::make_unique<const RuleExpression>(rule.expression);
        if (std::string counted = counted_expression(rule); !counted.empty())
          made.counted = std::make_unique<const RuleExpression>(std::move(counted));
        if (std::string joined = joined_expression(rule); !joined.empty())
          made.joined = std::make_unique<const RuleExpression>(std::move(joined));
        for (const IssuerMark& mark : rule.marks) made.marks.emplace_back(mark.issuer, std::make_unique<const RuleExpression>(mark.expression));
        for (const std::string& text : rule.placeholders) made.placeholders.push_back(std::make_unique<const RuleExpression>(text));
        for (const std::string& text : rule.proofs) made.proofs.push_back(std::make_unique<const RuleExpression>("(?m)" + text));
        for (const std::string& text : rule.hints) made.hints.push_back(std::make_unique<const RuleExpression>("(?m)" + text));
      }
      rules.push_back(std::move(made));
    }
  }
  std::shared_ptr<const Rulebook> book;
  NameBook names;
  std::vector<CompiledRule> rules;

  // Whether something in a text may speak for Kimi, as it stands or behind an escape of letters: where nothing does,
  // no surroundings in it can. One pass of a DFA, where looking at the surroundings of one token takes 0.5 ms.
  bool may_name_kimi(std::string_view text) const {
    std::call_once(once_, [&] { kimi_ = compile(kimi_expression()); });
    return !kimi_->ok() || re2::RE2::PartialMatch(piece(text), *kimi_);
  }

 private:
  // Names of variables and hosts as they are; words whose parts may be written apart (moon_shot), signs that a
  // decoder takes out between them or not; signs that may decode to letters.
  std::string kimi_expression() const {
    std::string any = R"(\\[0-7eux]|%(?:25)*[4-7u]|&(?:amp;)*#|=[4-7][0-9a-f]|\x1b|\x9b|\^\[)";
    for (const std::string& word : book->kimi_words) {
      std::string apart;
      for (const char c : word) apart.append(apart.empty() ? "" : "[^0-9a-z]*").append(re2::RE2::QuoteMeta({&c, 1}));
      if (!apart.empty()) any.append("|").append(apart);
    }
    for (const std::string& phrase : book->kimi_phrases) any.append("|").append(re2::RE2::QuoteMeta(phrase));
    for (const std::string& domain : book->kimi_domains) any.append("|").append(re2::RE2::QuoteMeta(domain));
    for (const Realm& realm : book->realms)
      for (const auto* hosts : {&realm.hosts, &realm.console_hosts})
        for (const std::string& host : *hosts) any.append("|").append(re2::RE2::QuoteMeta(host));
    for (const VariableFact& fact : book->variables)
      if (fact.says == "kimi" || fact.says == "platform" || fact.says == "kimi-code" || book->realm(fact.says) != nullptr)
        any.append("|(?:").append(fact.expression).append(")");
    return "(?i)" + any;
  }
  mutable std::once_flag once_;
  mutable std::unique_ptr<re2::RE2> kimi_;
};

bool any_match(const std::vector<std::unique_ptr<const RuleExpression>>& expressions, std::string_view text) {
  return std::any_of(expressions.begin(), expressions.end(), [&](const auto& expression) {
    return expression->matches_in(text);
  });
}

std::size_t count_matches(const std::vector<std::unique_ptr<const RuleExpression>>& expressions, std::string_view text) {
  return static_cast<std::size_t>(std::count_if(expressions.begin(), expressions.end(), [&](const auto& expression) {
    return expression->matches_in(text);
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
  return near.find_first_of("\\%&\x1b") != std::string_view::npos || near.find("=3D") != std::string_view::npos ||
         near.find("^[[") != std::string_view::npos;
}

// Word processors and chats put these around what people type.
bool has_typographic_quotes_near(std::string_view text, Span span) {
  const std::uint64_t begin = span.begin > 200 ? span.begin - 200 : 0;
  const std::string_view near = text.substr(begin, span.size() + 400);
  return near.find("\xE2\x80") != std::string_view::npos || near.find("\xE3\x80") != std::string_view::npos ||
         near.find("\xEF\xBC") != std::string_view::npos || near.find("\xC2\xAB") != std::string_view::npos;
}

// Quotes and brackets around a key are percent codes or entities.
bool hides_brackets(std::string_view text, Span span) {
  const std::uint64_t begin = span.begin > 24 ? span.begin - 24 : 0;
  const std::string_view before = text.substr(begin, span.begin - begin);
  return before.find("%22") != std::string_view::npos || before.find("&quot;") != std::string_view::npos || before.find("&#34;") != std::string_view::npos;
}

}  // namespace

struct Detection::Shared {
  std::shared_ptr<const Matcher> matcher;
  RulebookSource source;
  std::shared_ptr<const Matcher> user;         // the user's rules; may be null
  std::unique_ptr<const ForeignRules> foreign;  // those of other programs among them; may be null

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

std::shared_ptr<Detection> Detection::made(std::shared_ptr<const Matcher> matcher, RulebookSource rulebook) {
  auto shared = std::make_unique<Shared>();
  shared->matcher = std::move(matcher);
  shared->source = std::move(rulebook);
  return std::shared_ptr<Detection>(new Detection(std::move(shared)));
}

Result<std::shared_ptr<Detection>> Detection::built_in(std::string_view image, RulebookSource rulebook) {
  auto matcher = Matcher::in_place(image);
  if (!matcher) return matcher.error();
  return made(std::move(*matcher), std::move(rulebook));
}

Result<std::shared_ptr<Detection>> Detection::recompiled(std::string_view serialized, RulebookSource rulebook) {
  auto matcher = Matcher::load(serialized);
  if (!matcher) return matcher.error();
  return made(std::move(*matcher), std::move(rulebook));
}

Status Detection::add_user_rules(const UserDatabase& user, std::shared_ptr<const Rulebook> rulebook) {
  if (!user.serialized.empty()) {
    auto matcher = Matcher::load(user.serialized);
    if (!matcher) return matcher.error();
    shared_->user = std::move(*matcher);
  }
  if (!user.plans.empty()) shared_->foreign = std::make_unique<const ForeignRules>(std::move(rulebook), user.plans);
  return Nothing{};
}

bool Detection::stands_at(const Match& match, const std::vector<std::string>& paths, std::string_view commit) const {
  if (shared_->foreign == nullptr || paths.empty()) return true;
  const Rulebook& book = *shared_->known().book;
  const Rule* rule = book.rule(match.rule);
  if (rule == nullptr || rule->foreign == nullptr) return true;
  const auto index = static_cast<std::uint32_t>(rule - book.rules.data());
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
    return shared_->foreign->stands_at(index, match.pending, path, commit);
  });
}

std::shared_ptr<const Rulebook> Detection::rulebook() const { return shared_->source(); }

struct Detector::State {
  std::shared_ptr<Detection> detection;
  Detection::Shared* shared = nullptr;
  Matcher::Scratch scratch;
  std::optional<Matcher::Scratch> user_scratch;
  std::vector<Span> candidates;
  std::vector<RawHit> hits;
  ContextMemory nothing_there;
  std::vector<Gap> gaps;

  explicit State(std::shared_ptr<Detection> given)
      : detection(std::move(given)), shared(detection->shared_.get()), scratch(shared->matcher) {
    if (shared->user != nullptr) user_scratch.emplace(shared->user);
  }

  // One decoded layer of a document. The outermost has no view.
  struct Layer {
    std::string_view text;
    const text::View* view = nullptr;
    const Layer* outer = nullptr;
    mutable std::optional<text::ViewsGiven> given = {};  // of its text, so far
    mutable std::optional<bool> may_name_kimi = {};      // Known::may_name_kimi, once asked

    Span to_document(Span span) const { return view == nullptr ? span : view->to_source(span); }
    // Inside something compressed, which has one place for all that is in it.
    bool inside_token() const {
      return view != nullptr && std::any_of(view->chain.begin(), view->chain.end(), [](const std::string& one) {
               return one == "gzip" || one == "zlib" || one == "zstd";
             });
    }
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
    // Of other programs' rules.
    bool foreign = false;
    bool generic = false;
    std::uint64_t line = 0;  // where the line of the match begins
  };

  struct Work {
    const Document* document;
    std::vector<Found> found;
    // By span; where a whole token is the place of all that is in it, by the secret as well.
    std::set<std::tuple<std::uint64_t, std::uint64_t, std::string>> seen;
    std::uint64_t inflated = 0;  // bytes that came out of compressed tokens
    std::set<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>> foreign_seen;  // rule, span
    std::vector<std::pair<Span, std::string>> viewed;  // views of the document that were examined
    // For ContextMemory: the outermost window at work, how many of `viewed` earlier windows made, and whether something was left
    // out for what these saw, or judged too far away for the window's own context to tell.
    Span window;
    std::size_t viewed_before = 0;
    bool depends_on_more = false;
  };

  void find(std::string_view bytes, std::vector<Window>& windows) {
    candidates.clear();
    find_candidates(bytes, candidates);
    std::erase_if(candidates, [&](Span one) { return one.size() >= kRunLength && is_digest(bytes, one); });
    for (std::size_t i = 0; i < candidates.size();) {
      Span window = widened(candidates[i], bytes.size());
      // Windows that touch are looked at once.
      for (++i; i < candidates.size(); ++i) {
        const Span next = widened(candidates[i], bytes.size());
        if (next.begin > window.end) break;
        window.end = std::max(window.end, next.end);
      }
      scan(scratch, bytes, window, windows);
    }
    for (const Span candidate : candidates) find_nested(bytes, candidate, windows);
    if (user_scratch) scan(*user_scratch, bytes, {0, bytes.size()}, windows);
    if (shared->foreign != nullptr) {
      for (const std::uint32_t rule : shared->foreign->always()) windows.push_back(foreign_window({0, bytes.size()}, Window::Foreign::everywhere, rule));
      find_decoded(bytes, windows);
    }
    const text::TextForm form = bytes.size() >= 4 && (bytes[0] == '\xFF' || bytes[0] == '\xFE' || bytes[0] == 0 || bytes[1] == 0)
                                    ? text::form_of(bytes)
                                    : text::TextForm::utf8;
    if (form != text::TextForm::utf8 && form != text::TextForm::binary)
      windows.push_back({{0, std::min<std::uint64_t>(bytes.size(), kWholeUnits)}, false, true, Window::Special::none, 0, {}});
    else if (text::is_dump(bytes))
      windows.push_back(special_window(Window::Special::dump, {0, bytes.size()}));
    else if (text::is_recording(bytes))
      windows.push_back(special_window(Window::Special::recording, {0, bytes.size()}));
  }

  // Where "sk-" stands in UTF-32, with as many letters behind it as views_at wants; from `at` on. Asked of what was decoded only:
  // whole texts in UTF-32 tell it at their beginning.
  static std::optional<std::uint64_t> key_in_utf32(std::string_view bytes, std::uint64_t at) {
    using namespace std::string_view_literals;
    constexpr std::string_view kMiddle = "s\0\0\0k\0\0\0-"sv;
    for (std::size_t s = bytes.find(kMiddle, at); s != std::string_view::npos; s = bytes.find(kMiddle, s + 1)) {
      const std::uint64_t begin = s >= 3 && !text::reads_little_endian_32(bytes, s) ? s - 3 : s;
      if (begin + kRunLength <= bytes.size()) return begin;
    }
    return std::nullopt;
  }

  static void find_utf32(std::string_view bytes, std::vector<Window>& windows) {
    for (auto at = key_in_utf32(bytes, 0); at; at = key_in_utf32(bytes, *at + kRunLength)) {
      Window window;
      window.span = {*at, *at + kRunLength};
      window.encoded = true;
      window.hit = window.span.end;
      windows.push_back(window);
    }
  }

  // Most of what decodes to text holds nothing: asked here, before every decoder is. Where in the run the beginning of a
  // candidate ends that it decodes to. The place must not depend on where the run begins: versions of a file are looked at
  // by windows around what changed, and a hit at the edge of one is not believed.
  static std::optional<std::uint64_t> decoded_candidate(std::string_view run) {
    // What a candidate is decoded from is so long that one of the pieces that it lies in, cut anywhere, shows text.
    constexpr std::size_t kPiece = 192;
    bool text = false;
    for (std::size_t at = 0; at < run.size() && !text; at += kPiece) text = may_hold_candidate(run.substr(at, kPiece));
    if (!text) return std::nullopt;
    text::Token token;
    token.runs.push_back({0, run.size()});
    std::vector<Span> inside;
    for (const text::Digits digits : {text::Digits::base64, text::Digits::hex})
      for (unsigned skip = 0; skip < (digits == text::Digits::hex ? 2u : 4u); ++skip) {
        if (digits == text::Digits::hex && !std::all_of(run.begin(), run.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); })) break;
        const text::View view = text::decode_token(run, token, digits, skip);
        if (const auto wide = key_in_utf32(view.text, 0)) return view.to_source({*wide, *wide + kRunLength}).end;
        if (!has_candidate(view.text)) continue;
        find_candidates(view.text, inside);
        const Span one = inside.front();
        return view.to_source({one.begin, std::min<std::uint64_t>(one.end, one.begin + kRunLength)}).end;
      }
    return std::nullopt;
  }

  static bool may_hold_candidate(std::string_view piece) {
    // One letter over and over, perhaps behind a few others, is what fillers are made of, and decodes to three.
    constexpr std::size_t kOthers = 4;
    if (piece.size() > kOthers + 1) {
      const char* same = piece.data() + kOthers;
      if (std::memcmp(same, same + 1, piece.size() - kOthers - 1) == 0) return false;
    }
    return text::may_decode_to_text(piece);
  }

  // Whether the letters that keys begin with stand there and end there. Among digits of base64 they are chance.
  static bool leads_to_key(std::string_view lead) {
    for (std::size_t at = lead.find("sk"); at != std::string_view::npos; at = lead.find("sk", at + 1))
      if (at + 2 >= lead.size() || lead[at + 2] == '-' || lead[at + 2] == '_' || text::base64_value(lead[at + 2]) < 0) return true;
    return false;
  }

  // An encoding of an encoding has no form of its own. What is escaped from end to end, or decodes to text, is
  // decoded whatever it holds; there its inside is found by itself.
  static void find_nested(std::string_view bytes, Span candidate, std::vector<Window>& windows) {
    if (candidate.size() > kShortPrefix && candidate.size() < kRunLength && text::key_in_codes(bytes, candidate.begin)) {
      windows.push_back(special_window(Window::Special::codes, candidate));
      windows.back().hit = candidate.end;
      return;
    }
    const char first = bytes[candidate.begin];
    const bool row = candidate.size() >= kEscapes && (first == '\\' || first == '%' || first == '&');
    const bool wrap = candidate.size() == kWrappedRun + 1 && !row;
    if (candidate.size() < kRunLength && !row && !wrap) return;
    if (!row && !wrap) {
      if (const auto begin = compressed_token(bytes, candidate)) {
        // base64url is several runs.
        const auto again = std::find_if(windows.begin(), windows.end(), [&](const Window& one) {
          return one.special == Window::Special::compressed && one.span.begin == *begin;
        });
        if (again == windows.end()) windows.push_back(special_window(Window::Special::compressed, {*begin, candidate.end}));
        return;
      }
    }
    if (wrap) candidate.end = candidate.begin + kWrappedRun;
    for (std::uint64_t at = candidate.begin; at < candidate.end; at += kNestedStep) {
      const std::uint64_t end = std::min(candidate.end, at + kNestedStep);
      if (end - at < kWrappedRun) break;
      // Behind the mark of an escape, with the beginning of a key before it: its "-" may be escaped twice.
      const bool marked = at == candidate.begin && at >= 3 && (bytes[at - 1] == '\\' || bytes[at - 1] == '%' || bytes[at - 1] == ';') &&
                          leads_to_key(bytes.substr(at - std::min(at, kMarkedLead), std::min(at, kMarkedLead)));
      std::uint64_t hit = std::min(end, at + 48);
      if (!row && !marked) {
        const auto inside = decoded_candidate(bytes.substr(at, end - at));
        if (!inside) continue;
        hit = at + *inside;
      }
      Window window;
      window.span = {at, end};
      window.encoded = true;
      window.hit = hit;
      windows.push_back(window);
    }
  }

  static Window special_window(Window::Special special, Span span) {
    Window made;
    made.span = span;
    made.encoded = true;
    made.hit = std::min<std::uint64_t>(span.end, span.begin + kRunLength);
    made.special = special;
    return made;
  }

  static Span widened(Span span, std::uint64_t size) {
    return {span.begin > kLeft ? span.begin - kLeft : 0, std::min(size, span.end + kRight)};
  }

  // Each pass decodes what the one before gave, as gitleaks does, and is handed to `look`: its view leads
  // back to `bytes`.
  template <class Look>
  static void decoded_passes(std::string_view bytes, const Look& look) {
    std::vector<EncodedSegment> segments = encoded_segments(bytes);
    std::optional<text::View> outer;
    for (int pass = 0; pass < kPasses && !segments.empty(); ++pass) {
      DecodedPass made = decode_segments(outer ? std::string_view(outer->text) : bytes, segments);
      if (outer) made.view = text::compose(*outer, std::move(made.view));
      look(made);
      outer = std::move(made.view);
      segments = encoded_segments(outer->text);
    }
  }

  // Where a pattern of another program's rule ends in or behind a decoded segment.
  void find_decoded(std::string_view bytes, std::vector<Window>& windows) {
    if (!user_scratch) return;
    decoded_passes(bytes, [&](const DecodedPass& pass) {
      const std::string_view text = pass.view.text;
      // Stretches that touch are one: a match may begin within reach of one segment and end in the next.
      std::vector<Span> stretches;
      for (const Span segment : pass.decoded) {
        const Span around{segment.begin > kReach ? segment.begin - kReach : 0, std::min<std::uint64_t>(text.size(), segment.end + kReach)};
        if (!stretches.empty() && around.begin <= stretches.back().end) stretches.back().end = std::max(stretches.back().end, around.end);
        else stretches.push_back(around);
      }
      for (const Span around : stretches) {
        std::vector<Window> here;
        scan(*user_scratch, text.substr(0, around.end), around, here);
        for (const Window& window : here) {
          if (window.foreign == Window::Foreign::no) continue;
          if (window.foreign == Window::Foreign::lead && knows_more(window.rule)) continue;
          const bool inside = std::any_of(pass.decoded.begin(), pass.decoded.end(), [&](Span one) { return one.overlaps(window.span); });
          if (!inside) continue;
          const Span source = pass.view.to_source({window.hit > 0 ? window.hit - 1 : 0, window.hit});
          windows.push_back(foreign_window({source.begin, std::max(source.end, source.begin + 1)}, Window::Foreign::decoded, window.rule));
        }
      }
    });
  }

  static Window foreign_window(Span span, Window::Foreign how, std::uint32_t rule) {
    Window made;
    made.span = span;
    made.hit = span.end;
    made.foreign = how;
    made.rule = rule;
    return made;
  }

  // A hit of another program's rule: where a match may stand that has to do with it.
  void foreign_hit(const RawHit& hit, std::uint64_t size, std::vector<Window>& windows) {
    const std::uint32_t rule = hit.id / kFormsOfRule;
    const ForeignPlan* plan = shared->foreign != nullptr ? shared->foreign->plan(rule) : nullptr;
    if (plan == nullptr) return;
    const unsigned form = hit.id % kFormsOfRule;
    Window made;
    if (form == kWholeForm) {
      made = foreign_window({plan->reach == 0 || hit.first_end < plan->reach ? 0 : hit.first_end - plan->reach, hit.end}, Window::Foreign::whole, rule);
    } else if (form == kLeadForm) {
      made = foreign_window({hit.first_end > plan->lead_reach ? hit.first_end - plan->lead_reach : 0, size}, Window::Foreign::lead, rule);
      made.hit = hit.end;
    } else {
      made = foreign_window({0, size}, Window::Foreign::word, rule);
      made.hit = hit.end;
    }
    windows.push_back(std::move(made));
  }

  void scan(Matcher::Scratch& with, std::string_view bytes, Span window, std::vector<Window>& windows) {
    hits.clear();
    with.scan(bytes.substr(window.begin, window.size()), hits);
    for (const RawHit& hit : hits) {
      if (hit.id % kFormsOfRule >= kWholeForm) {
        RawHit in_all = hit;
        in_all.first_end += window.begin;
        in_all.end += window.begin;
        foreign_hit(in_all, bytes.size(), windows);
        continue;
      }
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
    settle_generic(work);
    settle_unknown_length(work);

    std::stable_sort(work.found.begin(), work.found.end(), [](const Found& a, const Found& b) {
      return std::tuple(a.span.begin, a.span.end) < std::tuple(b.span.begin, b.span.end);
    });
    settle_byte_order(work);
    std::vector<Match> matches;
    if (work.found.empty()) return matches;
    text::DocumentIndex index(document);
    std::vector<Span> others;
    if (shared->foreign != nullptr)
      for (const Found& found : work.found) others.push_back(found.span);
    for (Found& found : work.found) {
      if (found.span.end <= document.seen) continue;  // an earlier piece showed it
      if (found.span.end + document.later > document.bytes.size()) continue;  // the next one will
      text::RegionOptions options;
      options.shown = found.match.secret.masked();
      if (!others.empty()) options.others = &others;
      found.match.region = text::make_region(index, found.span, options);
      for (std::size_t i = 0; i < found.match.evidence.size() && i < found.evidence_at.size(); ++i)
        found.match.evidence[i].line = index.lines().at(found.evidence_at[i]).line;
      found.match.origin = document.origin;
      matches.push_back(std::move(found.match));
    }
    return matches;
  }

  // ASCII text in UTF-16 of one byte order is text of the other, read one byte further: of two such readings of one key
  // one is right. Sorted by begin, they are neighbours.
  static void settle_byte_order(Work& work) {
    const auto is_little = [](const Found& one) {
      return std::find(one.match.decoded.begin(), one.match.decoded.end(), "utf-16le") != one.match.decoded.end();
    };
    const auto is_big = [](const Found& one) {
      return std::find(one.match.decoded.begin(), one.match.decoded.end(), "utf-16be") != one.match.decoded.end();
    };
    std::vector<Found> kept;
    for (Found& one : work.found) {
      Found* last = kept.empty() ? nullptr : &kept.back();
      if (last == nullptr || !last->span.overlaps(one.span) || !(is_little(*last) ? is_big(one) : is_big(*last) && is_little(one)) ||
          last->match.rule != one.match.rule || last->match.secret.reveal() != one.match.secret.reveal()) {
        kept.push_back(std::move(one));
        continue;
      }
      if (is_little(one) == reads_little(work.document->bytes, is_little(one) ? one.span : last->span)) *last = std::move(one);
    }
    work.found = std::move(kept);
  }

  // Whether UTF-16 of ASCII is little-endian. `key` is how it reads so.
  static bool reads_little(std::string_view bytes, Span key) {
    const text::TextForm form = text::form_of(bytes);
    if (form == text::TextForm::utf16le || form == text::TextForm::utf16be) return form == text::TextForm::utf16le;
    return text::reads_little_endian(bytes, key);
  }

  // Rules of other programs over one layer, and over what gitleaks would decode in it.
  void look_foreign(Work& work, const Layer& layer, const std::vector<Window>& windows) {
    std::vector<ForeignStretch> stretches;
    bool decoded = false;
    for (const Window& window : windows) {
      if (window.foreign == Window::Foreign::no) continue;
      if (window.foreign == Window::Foreign::decoded) {
        decoded = true;
        continue;
      }
      // The whole expression, where it is asked, knows more than its beginning.
      if (window.foreign == Window::Foreign::lead && knows_more(window.rule)) continue;
      stretches.push_back({window.rule, window.span});
    }
    const std::string path = path_of(*work.document);
    if (!stretches.empty()) {
      for (const ForeignMatch& match : shared->foreign->find(layer.text, std::move(stretches), path))
        take_foreign(work, layer, match, {});
    }
    if (!decoded || layer.view != nullptr) return;
    decoded_passes(layer.text, [&](const DecodedPass& pass) {
      std::vector<Window> inside;
      if (user_scratch) scan(*user_scratch, pass.view.text, {0, pass.view.text.size()}, inside);
      std::vector<ForeignStretch> here;
      for (const Window& window : inside)
        if (window.foreign != Window::Foreign::no && !(window.foreign == Window::Foreign::lead && knows_more(window.rule)))
          here.push_back({window.rule, window.span});
      const Layer view{pass.view.text, &pass.view, &layer};
      for (const ForeignMatch& match : shared->foreign->find(pass.view.text, std::move(here), path)) {
        std::vector<std::string> chain;
        for (std::size_t i = 0; i < pass.decoded.size(); ++i) {
          if (!pass.decoded[i].overlaps(match.match)) continue;
          const std::string kind(name(pass.kinds[i]));
          if (std::find(chain.begin(), chain.end(), kind) == chain.end()) chain.push_back(kind);
        }
        if (!chain.empty()) take_foreign(work, view, match, std::move(chain));
      }
    });
  }

  // Whether the whole expression, without a bound, is asked beside its beginning.
  bool knows_more(std::uint32_t rule) const {
    const ForeignPlan& plan = *shared->foreign->plan(rule);
    return plan.whole && plan.reach == 0;
  }

  void take_foreign(Work& work, const Layer& layer, const ForeignMatch& match, std::vector<std::string> chain) {
    if (work.found.size() >= kMostMatches) return;
    const Rule& rule = shared->known().book->rules[match.rule];
    const Span in_document = layer.to_document(match.secret);
    if (!work.foreign_seen.emplace(match.rule, in_document.begin, in_document.end).second) return;
    Found found;
    found.span = in_document;
    found.match.secret = Secret(layer.text.substr(match.secret.begin, match.secret.size()));
    found.match.rule = rule.id;
    found.match.secret_kind = rule.secret_kind;
    found.match.confidence = rule.confidence;
    found.match.pending = match.pending;
    found.foreign = true;
    found.generic = rule.foreign->generic;
    found.line = line_begin(work.document->bytes, layer.to_document(match.match).begin);
    if (!chain.empty()) found.match.decoded = std::move(chain);
    else if (layer.view != nullptr) found.match.decoded = layer.view->chain;
    if (const auto names = names_before(layer.text, match.secret.begin); !names.empty()) found.match.variable = names.front();
    work.found.push_back(std::move(found));
  }

  static std::uint64_t line_begin(std::string_view bytes, std::uint64_t at) {
    const std::size_t before = at == 0 ? std::string_view::npos : bytes.rfind('\n', at - 1);
    return before == std::string_view::npos ? 0 : before + 1;
  }

  // As people know the place; "" for an object whose path is asked later.
  static std::string path_of(const Document& document) {
    if (document.origin == nullptr || document.origin->kind == Origin::Kind::git_object) return {};
    std::string path = document.origin->path;
    for (const Inside& inside : document.origin->inside) path += "!" + inside.name;
    return path;
  }

  // A generic rule gives way to any other's match on the same line that holds its secret.
  void settle_generic(Work& work) {
    if (shared->foreign == nullptr) return;
    std::map<std::uint64_t, std::vector<std::size_t>> better;  // by line
    for (std::size_t i = 0; i < work.found.size(); ++i) {
      const Found& one = work.found[i];
      if (one.generic || one.match.rule.empty()) continue;
      better[one.foreign ? one.line : line_begin(work.document->bytes, one.span.begin)].push_back(i);
    }
    if (better.empty()) return;
    std::vector<Found> kept;
    for (Found& one : work.found) {
      const auto on_line = one.generic ? better.find(one.line) : better.end();
      const bool gives_way = on_line != better.end() && std::any_of(on_line->second.begin(), on_line->second.end(), [&](std::size_t i) {
        return work.found[i].match.secret.reveal().find(one.match.secret.reveal()) != std::string_view::npos;
      });
      if (!gives_way) kept.push_back(one);
    }
    work.found = std::move(kept);
  }

  // A key that is broken over lines or literals, or that the edge of what was decoded cuts, has a part that looks like one
  // of another length.
  void settle_unknown_length(Work& work) {
    const auto unknown = [&](const Found& one) {
      if (one.foreign || one.match.rule.empty()) return false;
      const Rule* rule = shared->known().book->rule(one.match.rule);
      return rule != nullptr && !rule->prefix.empty() && rule->body == 0;
    };
    std::vector<Span> parts;
    for (const Found& one : work.found)
      if (unknown(one)) parts.push_back(one.span);
    if (parts.empty()) return;
    std::vector<Span> known;
    for (const Found& one : work.found)
      if (!unknown(one)) known.push_back(one.span);
    // Of several parts the longest stays.
    std::erase_if(work.found, [&](const Found& one) {
      if (!unknown(one)) return false;
      return std::any_of(known.begin(), known.end(), [&](Span whole) { return whole.overlaps(one.span); }) ||
             std::any_of(parts.begin(), parts.end(), [&](Span other) { return other.overlaps(one.span) && other.size() > one.span.size(); });
    });
  }

  void look(Work& work, const Layer& layer, const std::vector<Window>& windows, int depth) {
    if (shared->foreign != nullptr) look_foreign(work, layer, windows);
    const bool remember = depth == 0 && may_remember(*work.document);
    for (const Window& window : windows) {
      if (work.found.size() >= kMostMatches) return;
      std::optional<ContextMemory::Key> key;
      if (remember && window.hit != 0) key = context_of(layer.text, window);
      if (key && nothing_there.contains(*key)) continue;
      const std::size_t found = work.found.size();
      if (depth == 0) {
        work.window = window.span;
        work.viewed_before = work.viewed.size();
        work.depends_on_more = false;
        if (layer.given) layer.given->next_asker();
      }
      if (window.plain) confirm(work, layer, window);
      if (window.encoded && depth < kDepth) decode(work, layer, window, depth);
      if (key && work.found.size() == found && !work.depends_on_more && !(layer.given && layer.given->leaned())) nothing_there.add(*key);
    }
  }

  // Objects of a repository come in many versions. What lies in a cell of a table or in pieces of a file depends on more
  // than its bytes.
  static bool may_remember(const Document& document) {
    return document.origin != nullptr && document.origin->kind == Origin::Kind::git_object && document.context.empty() &&
           document.seen == 0 && document.later == 0;
  }

  // All bytes that what comes of a window depends on, and where it stands in them. Views reach twice text::kWindow from a
  // hit, at most; what is judged in one is at most kNear away and asks detect::kWindow bytes around, each at most four in
  // the document (hexadecimal twice).
  static constexpr std::uint64_t kSides = 2 * text::kWindow;
  static constexpr std::uint64_t kNear = 8192;
  static_assert(kNear + 4 * (detect::kWindow + 1024) <= kSides);
  std::optional<ContextMemory::Key> context_of(std::string_view text, const Window& window) const {
    const std::uint64_t last = std::max(window.span.end, window.hit);
    const std::uint64_t begin = window.span.begin > kSides ? window.span.begin - kSides : 0;
    const std::uint64_t end = std::min<std::uint64_t>(text.size(), last + kSides);
    std::uint64_t about = window.plain ? 1 : 2;
    for (const std::uint64_t part : {window.span.begin - begin, window.span.end - begin, window.hit - begin}) about = about * 1'000'003 + part;
    for (const unsigned rule : window.rules) about = about * 1'000'003 + rule + 1;
    about = about * 4 + (begin == 0 ? 1 : 0) + (end == text.size() ? 2 : 0);
    // Views begin and end at multiples of text::kWindow in the document.
    about = about * text::kWindow + begin % text::kWindow;
    return nothing_there.key(text.substr(begin, end - begin), about);
  }

  // Among values that touch each other. "sk-" alone is the end of many a word, and 48 letters the beginning of many an
  // identifier: where a letter touches, only a key that its neighbours name counts.
  void confirm_joined(Work& work, const Layer& layer) {
    const Known& known = shared->known();
    const std::string_view text = layer.text;
    for (unsigned index = 0; index < known.rules.size(); ++index) {
      if (known.rules[index].joined == nullptr) continue;
      const Rule& rule = known.book->rules[index];
      for (std::uint64_t at = text.find(rule.prefix); at != std::string_view::npos; at = text.find(rule.prefix, at + 1)) {
        const Span span{at, std::min<std::uint64_t>(text.size(), at + rule.prefix.size() + rule.body)};
        if (known.rules[index].joined->find(text, span).empty()) continue;
        // Another vendor's key of 32 digits and the text behind it.
        const std::string_view digits = text.substr(at + rule.prefix.size(), 32);
        if (std::all_of(digits.begin(), digits.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); })) continue;
        const std::size_t before = work.found.size();
        consider(work, layer, index, span);
        const bool touched = (at > 0 && is_alnum(text[at - 1])) || (span.end < text.size() && is_alnum(text[span.end]));
        if (touched && work.found.size() > before && work.found.back().match.rule == rule.without_evidence) work.found.pop_back();
      }
    }
  }

  static bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

  void confirm(Work& work, const Layer& layer, const Window& window) {
    if (window.special == Window::Special::joined) return confirm_joined(work, layer);
    const Known& known = shared->known();
    for (const unsigned index : window.rules) {
      if (index >= known.rules.size() || known.rules[index].expression == nullptr) continue;
      confirm_by(work, layer, window, index, *known.rules[index].expression, known.book->rules[index].group);
      // Lengths are not written in text: a byte before the key that is the length and no boundary says what to ask.
      if (const RuleExpression* counted = known.rules[index].counted.get();
          counted != nullptr && may_be_counted(layer.text, window.span, known.book->rules[index]))
        confirm_by(work, layer, window, index, *counted, 1);
    }
  }

  // Whether a key's length stands before its prefix somewhere in the window, perhaps with zeros between.
  static bool may_be_counted(std::string_view text, Span window, const Rule& rule) {
    const std::string_view seen = text.substr(0, window.end);
    const auto count = static_cast<char>(rule.prefix.size() + rule.body);
    for (std::size_t at = seen.find(rule.prefix, window.begin); at != std::string_view::npos; at = seen.find(rule.prefix, at + 1)) {
      std::size_t before = at;
      while (before > 0 && at - before < 7 && text[before - 1] == '\0') --before;
      if (before > 0 && text[before - 1] == count) return true;
    }
    return false;
  }

  void confirm_by(Work& work, const Layer& layer, const Window& window, unsigned index, const RuleExpression& expression, int wanted) {
    const std::string_view text = layer.text;
    std::uint64_t at = window.span.begin;
    // One byte more on the right: what may not follow must be seen.
    const std::uint64_t end = std::min<std::uint64_t>(text.size(), window.span.end + 1);
    while (at < end) {
      const std::vector<std::string_view> groups = expression.find(text, {at, end});
      if (groups.empty()) break;
      const auto group = static_cast<std::size_t>(wanted);
      const std::string_view secret = group < groups.size() && groups[group].data() != nullptr ? groups[group] : groups[0];
      const auto begin = static_cast<std::uint64_t>(secret.data() - text.data());
      consider(work, layer, index, {begin, begin + secret.size()});
      const auto next = begin + std::max<std::uint64_t>(secret.size(), 1);
      at = std::max(next, at + 1);
    }
  }

  void consider(Work& work, const Layer& layer, unsigned index, Span span) {
    const Known& known = shared->known();
    const Rule& rule = known.book->rules[index];
    const CompiledRule& compiled = known.rules[index];
    const std::string_view secret = layer.text.substr(span.begin, span.size());
    const Span in_document = layer.to_document(span);
    // Lines were joined for words that go over their ends. What stands in one line is judged there, where the words around
    // it are whole.
    if (layer.view != nullptr && layer.view->encoding() == "line-break" && layer.to_outer(span).size() == span.size()) return;
    std::tuple seen(in_document.begin, in_document.end, layer.inside_token() ? Secret(secret).id() : std::string());
    if (work.seen.contains(seen)) {
      work.depends_on_more = true;
      return;
    }
    for (const auto& [issuer, mark] : compiled.marks)
      if (mark->matches_all(secret)) return;
    if (any_match(compiled.placeholders, secret)) return;
    const std::string_view body = secret.substr(std::min(secret.size(), rule.prefix.size()));
    if (rule.attribution == Rule::Attribution::token) {
      if (entropy(body) < rule.min_entropy) return;
    } else if (rule.prefix.empty()) {
      if (rule.min_entropy > 0 && entropy(body) < rule.min_entropy) return;
    } else if (!why_not_random(body, rule.min_entropy, rule.min_distinct, known.book->sample_words, known.book->sample_parts).empty()) {
      return;
    }

    if (in_document.begin + kNear < work.window.begin || in_document.end > work.window.end + kNear) work.depends_on_more = true;
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
    work.seen.insert(std::move(seen));
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
    if (has_typographic_quotes_near(layer.text, span)) {
      const Span window{span.begin > 2 * kWindow ? span.begin - 2 * kWindow : 0, span.end + 2 * kWindow};
      if (auto view = text::fold_quotes(layer.text, window)) {
        const Span in = view->from_source(span);
        const text::View whole = layer.view == nullptr ? std::move(*view) : text::compose(*layer.view, std::move(*view));
        const Layer inner{whole.text, &whole, &layer};
        if (in.size() == span.size()) add(inner, in);
      }
    }
    // What stands beside a key is seen only where brackets and quotes are.
    const bool brackets_hidden = !answers.empty() && hides_brackets(layer.text, span);
    add(layer, span);
    if (brackets_hidden && !answers.back().attribution.evidence.empty() && answers.back().attribution.evidence[0].kind == "prose") answers.pop_back();
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
      const bool kimi = answer.attribution.whose == Attribution::Whose::kimi;
      // OPENAI_API_KEY in one cell of a list, the base URL in another.
      const bool by_host = kimi && !answer.attribution.evidence.empty() && answer.attribution.evidence[0].kind == "host";
      if (best == nullptr || (best->attribution.protocol && by_host) ||
          (kimi && best->attribution.whose == Attribution::Whose::kimi && best->attribution.confidence < answer.attribution.confidence))
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
    if (rule.attribution == Rule::Attribution::token) return attribute_token(work, layer, span, found);
    Asked asked = ask(work, layer, span);
    const Attribution& said = asked.attribution;
    take_variable(said, found);
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
      case Rule::Attribution::token: break;
    }
    return false;
  }

  void take_variable(const Attribution& said, Found& found) {
    found.match.variable = said.variable;
    found.match.browser_variable = ships_to_browsers(*shared->known().book, said.variable);
    found.match.sent_elsewhere = said.sent_elsewhere;
  }

  // False: nothing around a candidate, whichever layer is asked, speaks for Kimi.
  bool may_name_kimi(const Work& work, const Layer& layer) {
    const Known& known = shared->known();
    for (const Layer* one = &layer; one != nullptr; one = one->outer) {
      if (!one->may_name_kimi) one->may_name_kimi = known.may_name_kimi(one->text);
      if (*one->may_name_kimi) return true;
    }
    return known.may_name_kimi(work.document->context);
  }

  bool attribute_token(Work& work, const Layer& layer, Span span, Found& found) {
    const Known& known = shared->known();
    const auto token = read_jwt(layer.text.substr(span.begin, span.size()));
    if (!token) return false;
    std::string facts = "header " + token->header + "\npayload " + token->payload;
    for (const std::string& name : names_of(layer, span)) facts += "\nname " + name;
    if (work.document->origin != nullptr) facts += "\npath " + work.document->origin->path;
    // Most tokens are of others.
    const bool proof_inside = std::any_of(known.rules.begin(), known.rules.end(),
                                          [&](const CompiledRule& rule) { return any_match(rule.proofs, facts); });
    if (!proof_inside && !may_name_kimi(work, layer)) return false;
    const Asked asked = ask(work, layer, span);
    const Attribution& said = asked.attribution;
    take_variable(said, found);
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

  // Bounds of hostile text: every token in a file can claim thousandfold its size.
  void decode_compressed(Work& work, const Layer& layer, const Window& window, int depth) {
    const Document& document = *work.document;
    work.depends_on_more = true;  // on all of the token
    const auto note = [&](GapKind kind, const char* code, const char* reason) {
      gaps.push_back({kind, code, document.origin == nullptr ? std::string() : container::place_of(*document.origin), reason, 1});
    };
    const std::uint64_t room = std::min(kMostInflated, kMostInflatedOfAll - std::min(kMostInflatedOfAll, work.inflated));
    if (room == 0) return note(GapKind::unreadable, "limit", "the limit for bytes out of compressed words in one text was reached");
    const std::uint64_t last = layer.view == nullptr ? document.bytes.size() - std::min<std::uint64_t>(document.bytes.size(), document.later) : layer.text.size();
    std::optional<Unpacked> made = unpack_token(layer.text, window.span.begin, room, last);
    if (!made) return;
    work.inflated += made->view.text.size();
    if (made->outcome == Unpacked::Outcome::limit) note(GapKind::unreadable, "limit", "the limit for bytes out of one compressed word was reached");
    if (made->outcome == Unpacked::Outcome::damaged)
      note(document.whole ? GapKind::not_parsed : GapKind::unreadable, "damaged", "a compressed word (base64) is damaged or cut; it was read as far as it goes");
    const text::View whole = layer.view == nullptr ? std::move(made->view) : text::compose(*layer.view, std::move(made->view));
    const Layer inner{whole.text, &whole, &layer};
    std::vector<Window> inside;
    find(whole.text, inside);
    look(work, inner, inside, depth + 1);
  }

  void decode(Work& work, const Layer& layer, const Window& window, int depth) {
    if (window.special == Window::Special::compressed) return decode_compressed(work, layer, window, depth);
    const text::TextForm form = window.span.begin == 0 && !window.plain && window.hit == 0
                                    ? text::form_of(layer.text)
                                    : text::TextForm::utf8;
    std::vector<text::View> views;
    if (window.special == Window::Special::dump) {
      views.push_back(text::decode_dump(layer.text, window.span));
    } else if (window.special == Window::Special::recording) {
      views.push_back(text::decode_recording(layer.text, window.span));
    } else if (window.special == Window::Special::codes) {
      if (!layer.given) layer.given.emplace();
      if (auto view = text::codes_at(layer.text, window.span, &*layer.given)) views.push_back(std::move(*view));
    } else if (form != text::TextForm::utf8 && form != text::TextForm::binary) {
      views.push_back(text::decode_units(layer.text, window.span, form));
    } else {
      // Nearer where the token began later or was wrapped.
      if (!layer.given) layer.given.emplace();
      for (const std::uint64_t back : {48u, 12u}) {
        const std::uint64_t begin = std::max(window.hit > back ? window.hit - back : 0, window.span.begin);
        std::vector<text::View> more = text::views_at(layer.text, {begin, window.hit}, &*layer.given);
        std::move(more.begin(), more.end(), std::back_inserter(views));
      }
    }
    for (text::View& view : views) {
      text::View whole = layer.view == nullptr ? std::move(view) : text::compose(*layer.view, std::move(view));
      // A long token is decoded once, however many hits it has.
      std::string chain;
      for (const std::string& encoding : whole.chain) chain += encoding + ' ';
      const auto again = std::find_if(work.viewed.begin(), work.viewed.end(), [&](const auto& done) {
        return done.first.begin <= whole.source.begin && whole.source.end <= done.first.end && done.second == chain;
      });
      if (again != work.viewed.end()) {
        if (static_cast<std::size_t>(again - work.viewed.begin()) < work.viewed_before) work.depends_on_more = true;
        continue;
      }
      work.viewed.emplace_back(whole.source, chain);
      if (work.viewed.size() > 4096) {
        work.viewed.erase(work.viewed.begin());
        if (work.viewed_before != 0) --work.viewed_before;
      }
      const Layer inner{whole.text, &whole, &layer};
      std::vector<Window> inside;
      find(whole.text, inside);
      find_utf32(whole.text, inside);
      look(work, inner, inside, depth + 1);
    }
  }
};

std::vector<std::string> Detector::State::names_of(const Layer& layer, Span span) {
  return names_before(layer.text, span.begin);
}

Detector::Detector(std::shared_ptr<Detection> detection) : state_(std::make_unique<State>(std::move(detection))) {}
Detector::~Detector() = default;

bool Detector::has_user_rules() const { return state_->shared->user != nullptr || state_->shared->foreign != nullptr; }

void Detector::find(std::string_view bytes, std::vector<Window>& windows) { state_->find(bytes, windows); }

void Detector::find(const Document& document, std::vector<Window>& windows) {
  state_->find(document.bytes, windows);
  if (!document.joined) return;
  Window all;
  all.span = {0, document.bytes.size()};
  all.plain = true;
  all.special = Window::Special::joined;
  windows.push_back(std::move(all));
}

bool Detector::may_stand(std::string_view bytes, const Window& window) const {
  if (window.foreign != Window::Foreign::whole && window.foreign != Window::Foreign::lead) return true;
  const ForeignRules& foreign = *state_->shared->foreign;
  const ForeignPlan& plan = *foreign.plan(window.rule);
  if (window.foreign == Window::Foreign::lead) {
    if (!plan.weak_lead) return true;
    return foreign.may_stand(bytes, {window.rule, {window.span.begin, std::min<std::uint64_t>(bytes.size(), window.hit + kWeakReach)}});
  }
  // Its beginning says where a match without a bound may stand.
  if (plan.reach == 0) return !plan.lead;
  return foreign.may_stand(bytes, {window.rule, window.span});
}

std::vector<Gap> Detector::take_gaps() { return std::exchange(state_->gaps, {}); }

std::vector<Match> Detector::examine(const Document& document) {
  std::vector<Window> windows;
  find(document, windows);
  return state_->examine(document, windows);
}

std::vector<Match> Detector::examine(const Document& document, const std::vector<Window>& windows) {
  return state_->examine(document, windows);
}

}  // namespace kimiguard::detect
