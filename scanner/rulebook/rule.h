// A rule as its file says it: identity, texts, and for leak rules how a secret looks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "scanner/core/severity.h"
#include "scanner/rulebook/foreign_rule.h"
#include "scanner/rulebook/localized.h"

namespace kimiguard {

// A shape inside a match that another issuer puts there (facts/kimi.md §1g).
struct IssuerMark {
  std::string issuer;      // "OpenAI", "SiliconFlow" …
  std::string expression;  // RE2, must match the whole secret
};

// Another message of the same rule, for one of the ways in which it can be broken. A finding names it
// in its argument "variant".
struct MessageVariant {
  std::string id;  // "anthropic-v1"
  Localized message;
  Localized advice;  // empty: the rule's own
};

struct Rule {
  enum class Kind { leak, configuration };
  // How a match is told to be its issuer's: by its own shape, only with evidence around it, or by
  // what the token itself says (a JWT's payload) together with evidence.
  enum class Attribution { shape, evidence, token };

  std::string id;
  Kind kind = Kind::leak;
  Localized title;        // a few words
  Localized description;  // a few sentences: what it is, why it matters
  Localized message;      // one sentence with {placeholders} filled from Finding::arguments
  Localized advice;       // what to do, for rules without a rotation; may be empty
  std::vector<MessageVariant> variants;
  std::string remedy;                   // id in remedies.toml; empty for none
  std::string precision = "high";       // SARIF: very-high, high, medium, low
  Severity worst = Severity::critical;  // gives SARIF's security-severity
  std::vector<std::string> tags;
  std::vector<std::string> references;  // URLs

  // Leak rules only.
  std::string expression;   // RE2; also compiled for Hyperscan
  int group = 0;            // capture that holds the secret
  std::string prefix;       // with `body`: what every key begins with; gives its encoded forms
  std::uint32_t body = 0;   // characters of [A-Za-z0-9] after it; 0 = no fixed shape
  std::string secret_kind;  // "kimi-code-key" …
  std::string realm;        // realm family the shape proves, or ""
  Attribution attribution = Attribution::shape;
  std::string without_evidence;    // rule id used when evidence is missing; "" = no finding
  double min_entropy = 0;          // Shannon, bits a character, of the captured secret's body
  std::uint32_t min_distinct = 0;  // distinct characters in the body
  Confidence confidence = Confidence::high;
  std::vector<IssuerMark> marks;
  // Tokens: RE2, line by line over "header {…}", "payload {…}", "name …", "path …" of the token.
  std::vector<std::string> proofs;        // any one shows that it is Kimi's
  std::vector<std::string> hints;         // the rule with most of them takes the token
  std::vector<std::string> placeholders;  // RE2, searched in the secret: then it is no key
  std::vector<std::string> keywords;      // lower case; one must stand in the document (foreign rules)

  std::vector<std::string> examples;  // templates, see template.h
  std::vector<std::string> counter_examples;

  std::string source;  // where the shape, or the fault, is known from

  // Set for a rule of gitleaks or betterleaks: it is run as they run it (foreign_rule.h).
  std::shared_ptr<const ForeignRule> foreign;

  std::string file;  // where it was read, for messages
  std::uint32_t line = 0;
};

}  // namespace kimiguard
