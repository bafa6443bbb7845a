// A document in, its secrets out.
//
// Two steps, so that the hot path stays hot: `find` runs the candidate finder and the pattern database and
// gives the windows in which something was hit, usually none; `examine` confirms, decodes, attributes and
// places what is there. Both are bounded by the document's size.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/core/document.h"
#include "scanner/core/match.h"
#include "scanner/core/result.h"
#include "scanner/detect/foreign_patterns.h"
#include "scanner/detect/matcher.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::detect {

// A part of a document in which a pattern hit. `encoded`: one of the encoded forms did.
struct Window {
  Span span;
  bool plain = false;
  bool encoded = false;
  // joined: Document::joined, a key may touch the values before and behind it. Others say how all of `span` is decoded:
  // compressed_token.h, text::decode_dump, text::decode_recording. codes: around `hit` by text::decode_codes.
  enum class Special { none, joined, compressed, dump, recording, codes } special = Special::none;
  std::uint64_t hit = 0;        // where the pattern ended; 0 for a whole document of UTF-16
  std::vector<unsigned> rules;  // plain: indexes of the rules that hit
  // A rule of another program hit, by its whole expression, its beginning (a match may go on behind the
  // window) or a keyword; or it could not be asked and is to be looked for everywhere; or something did in
  // what gitleaks would decode here.
  enum class Foreign { no, whole, lead, word, everywhere, decoded } foreign = Foreign::no;
  std::uint32_t rule = 0;  // which one
};

// Longest stretch around a hit that a match may need: no window is cut shorter.
inline constexpr std::uint64_t kReach = 4096;

inline constexpr std::uint64_t kWeakReach = 1300;

// What all threads share. Made once a run.
class Detection {
 public:
  // Gives the rulebook; called on the first confirmed window, from any thread, once.
  using RulebookSource = std::function<std::shared_ptr<const Rulebook>()>;

  // With the built-in rules: `image` is the embedded database of patterns_for(built-in rules), see
  // Matcher::in_place.
  static Result<std::shared_ptr<Detection>> built_in(std::string_view image, RulebookSource rulebook);
  // The same from a database that was compiled again.
  static Result<std::shared_ptr<Detection>> recompiled(std::string_view serialized, RulebookSource rulebook);
  // Adds rules of the user's, before anything is scanned: `user` is of compile_user_rules(rulebook.rules) for
  // the rulebook that the source gives, and runs over everything, because no run of 48 letters can be asked
  // of such a rule.
  Status add_user_rules(const UserDatabase& user, std::shared_ptr<const Rulebook> rulebook);
  ~Detection();

  // Once it is known where an object with a match of another program's rule lies: false if that rule lets
  // it pass there. `paths`: all it is known by; `commit`: full hex, may be empty.
  bool stands_at(const Match& match, const std::vector<std::string>& paths, std::string_view commit) const;

  // Read when it is first asked for, by whomever. Never null.
  std::shared_ptr<const Rulebook> rulebook() const;

 private:
  friend class Detector;
  struct Shared;
  explicit Detection(std::unique_ptr<Shared> shared);
  static std::shared_ptr<Detection> made(std::shared_ptr<const Matcher> matcher, RulebookSource rulebook);
  std::unique_ptr<Shared> shared_;
};

// One thread's detector.
class Detector {
 public:
  explicit Detector(std::shared_ptr<Detection> detection);
  ~Detector();

  // Whether there are rules beside the built-in ones, which cost time for each byte.
  bool has_user_rules() const;

  // Appends the windows of `bytes` that deserve `examine`. Nothing appended: nothing is there.
  void find(std::string_view bytes, std::vector<Window>& windows);
  // The same for a document that may say more than its bytes (Document::joined).
  void find(const Document& document, std::vector<Window>& windows);

  // For a window of another program's rule: whether it can hold a match that stands, as far as its own
  // bytes tell. True for every other window. Where a rule has no bound and begins with a mere word, only
  // matches of at most kWeakReach bytes count.
  bool may_stand(std::string_view bytes, const Window& window) const;

  // Everything that is or may be a secret, in order of position. Includes, for the run to settle:
  // keys of unknown issuer (rule unattributed-sk-key) and keys that their surroundings give to another
  // issuer (rule "", issuer set), which are findings only if the same key is Kimi's elsewhere.
  std::vector<Match> examine(const Document& document);
  std::vector<Match> examine(const Document& document, const std::vector<Window>& windows);

  // What examine() could not read to its end since the last call: compressed words that are damaged or too large.
  std::vector<Gap> take_gaps();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kimiguard::detect
