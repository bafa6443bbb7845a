// kimiguard explain: an API error that somebody pasted, or a rule.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>

#include "scanner/cli/command.h"
#include "scanner/cli/explain_page.h"
#include "scanner/cli/output.h"
#include "scanner/cli/parse.h"
#include "scanner/cli/rule_page.h"
#include "scanner/cli/rulebook_source.h"
#include "scanner/cli/screen.h"
#include "scanner/cli/tool_options.h"
#include "scanner/report/facts.h"
#include "scanner/report/redactor.h"
#include "scanner/report/voice.h"
#include "scanner/rulebook/nearest_word.h"

namespace kimiguard::cli {
namespace {

constexpr std::size_t kLongest = std::size_t{1} << 20;

// Whether every bracket of a JSON text that began is closed; false as long as none began.
class JsonEnd {
 public:
  void add(std::string_view line) {
    for (const char c : line) {
      if (in_string_) {
        if (escaped_)
          escaped_ = false;
        else if (c == '\\')
          escaped_ = true;
        else if (c == '"')
          in_string_ = false;
        continue;
      }
      if (c == '"' && depth_ > 0) in_string_ = true;
      if (c == '{' || c == '[') {
        ++depth_;
        begun_ = true;
      }
      if ((c == '}' || c == ']') && depth_ > 0) --depth_;
    }
  }
  bool closed() const { return begun_ && depth_ == 0; }

 private:
  int depth_ = 0;
  bool begun_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
};

// What a person pastes at the terminal: up to Ctrl-D, or an empty line once the JSON in it is closed.
std::string pasted(const report::Voice& voice) {
  std::fputs(std::string(voice("Paste the error, then press Enter and Ctrl-D (an empty line will do "
                               "once its JSON is closed):\n",
                               "粘贴错误信息，然后按回车和 Ctrl-D（JSON 已闭合时按空行即可）：\n"))
                 .c_str(),
             stderr);
  std::string text;
  std::string line;
  JsonEnd end;
  while (text.size() < kLongest && std::getline(std::cin, line)) {
    const bool blank = line.find_first_not_of(" \t\r") == std::string::npos;
    if (blank && end.closed()) break;
    end.add(line);
    text += line + "\n";
  }
  return text;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// A word that could be a rule's id.
bool looks_like_id(std::string_view text) {
  return text.size() >= 4 && text.find('-') != std::string_view::npos && !text.starts_with("sk-") &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

}  // namespace

int run_explain(const std::vector<std::string>& words) {
  ToolOptions options;
  std::vector<std::string> given;
  CLI::App app(
      "Explain an API error you paste (what happened, what it means for the key, what to do), or a "
      "rule.",
      "explain");
  app.get_formatter()->column_width(34);
  app.add_option("TEXT", given,
                 "The error, or a rule's id; without it, standard input or a paste at the terminal");
  add_tool_options(app, options, true);
  app.footer(
      "Exit status: 0 explained, 1 nothing in the text is known, 2 wrong usage.\n"
      "Nothing is sent anywhere.\n"
      "Examples:\n"
      "  kimiguard explain                           paste the error\n"
      "  kimiguard explain < answer.json\n"
      "  kimiguard explain 'Error code: 429 …'\n"
      "  kimiguard explain kimi-host-mismatch        a rule");
  if (const auto over = parse(app, words)) return *over;
  auto rules = RulebookSource::open(options.rules);
  if (!rules) return usage_error(rules.error().message);
  const std::shared_ptr<const Rulebook> book = (*rules)->rulebook();
  const std::string language = options.language();
  const report::Voice voice(language);
  const Screen screen = screen_of(STDOUT_FILENO, options.color);

  std::string text;
  for (const std::string& word : given) text += (text.empty() ? "" : " ") + word;
  if (given.size() == 1 && text != "-") {
    if (const Rule* rule = book->rule(text); rule != nullptr) {
      const std::string page =
          options.json() ? report::Redactor()(report::dumped(
                               rule_facts(*rule, *book, options.machine_language(), true), 2)) +
                               "\n"
                         : rule_text(*rule, *book, language, screen);
      const Status written = write_all(STDOUT_FILENO, page);
      return written ? 0 : usage_error(written.error().message);
    }
    if (looks_like_id(text)) {
      std::vector<std::string_view> ids;
      for (const Rule& rule : book->rules) ids.push_back(rule.id);
      if (const std::string_view near = rulebook::nearest_word(text, ids); !near.empty())
        return usage_error("there is no rule '" + text + "'; did you mean '" + std::string(near) +
                           "'?\n'kimiguard rules list' names them all.");
    }
  }
  if (given.empty() && ::isatty(STDIN_FILENO) != 0)
    text = pasted(voice);
  else if (given.empty() || text == "-")
    text = read_standard_input(kLongest);
  if (is_blank(text))
    return usage_error(
        "there is no text to explain; paste the API's whole answer, or give it on standard input\nSee "
        "'kimiguard explain --help'.");

  const kimi::ErrorReader reader(*book);
  const kimi::DecodedError error = reader.read(text);
  const std::string page = options.json() ? explained_json(error, *book, options.machine_language())
                                          : explained_text(error, *book, language, screen);
  wipe(text);
  const Status written = write_all(STDOUT_FILENO, page);
  if (!written) return usage_error(written.error().message);
  return error.meaning != nullptr ? 0 : 1;
}

}  // namespace kimiguard::cli
