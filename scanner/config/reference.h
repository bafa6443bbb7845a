// What a value is: a literal, nothing, a placeholder, or something that stands for a value held
// elsewhere.
//
// Syntaxes (facts/agent-configs.md §1.6): {env:X} {file:p} (opencode, Kilo), $X ${X} ${X:-d} (shells,
// compose, Crush, OpenClaw), $env:X (PowerShell), %X% (cmd), os.environ/X (LiteLLM), ${env:X} ${input:x}
// ${config:x}
// ${command:x} (VS Code), ${{ secrets.X }} and inputs, env, vars (Continue, GitHub Actions), {{ X }}
// (Helm, Jinja), !vault (Ansible), op://… (1Password), $(cmd) `cmd` !cmd (commands), env.X process.env.X
// env("X") os.environ["X"] (source texts), SecretRef objects (OpenClaw). A reference is never a key.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/setting.h"

namespace kimiguard::config {

struct Reference {
  enum class Source {
    environment,  // a variable; `name` is its name
    file,         // a named file; `name` is the path as written
    secret,       // a secret of the system around it: secrets.X, vault, op://, SecretRef of a store
    input,        // asked from a person: ${input:x}, inputs.X
    setting,      // another value of the same system: ${config:x}, {{ X }}, vars.X
    command       // never run, never followed
  };
  Source source = Source::environment;
  std::string syntax;    // as people know it: "${X}", "{env:X}", "os.environ/X" …
  std::string name;      // what it refers to; for commands the command's text
  std::string fallback;  // the `d` of ${X:-d}; may hold references, and may be a key
  bool has_fallback = false;
  std::size_t begin = 0;  // where it stands in the value
  std::size_t end = 0;
  std::size_t fallback_begin = 0;

  // Reading a variable, a file that is named, or another setting is safe; asking, unlocking and
  // running are not.
  bool may_follow() const {
    return source == Source::environment || source == Source::file || source == Source::setting;
  }
};

struct Classified {
  enum class Kind {
    literal,
    empty,
    placeholder,  // "your-api-key", "sk-xxx", "<token>", "PROXY_MANAGED" …: a hole, never a key
    reference,    // the whole value is one reference
    mixed         // text with references in it: "Bearer ${X}"
  };
  Kind kind = Kind::literal;
  std::vector<Reference> references;  // in order; at most 32
};

// Classifies a value. `verbatim` and `tag` are the setting's: a verbatim `$X` is no reference in shells
// and dotenv; a tool that expands the text afterwards calls with verbatim false.
Classified classify(std::string_view value, bool verbatim = false, std::string_view tag = {});
inline Classified classify(const Setting& setting) {
  return classify(setting.value, setting.verbatim, setting.tag);
}

// The values of an object {source, provider?, id} as OpenClaw writes it: source "env" names a variable,
// "file" a file (provider's) and "exec" a command. Nothing if `source` is none of those. Also {"env":
// "X"},
// {"file": "p"} and {"command": "c"} with `source` the key and `id` its value.
std::optional<Reference> secret_ref(std::string_view source, std::string_view provider,
                                    std::string_view id);

// True for a text that is clearly a hole to be filled in, not a value.
bool placeholder(std::string_view value);

}  // namespace kimiguard::config
