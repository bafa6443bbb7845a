// Assignments in POSIX shell, bash and zsh scripts and rc files, and in fish's. Not an interpreter:
// commands are told apart by operators and line ends, and only those that set variables are understood.
// What is conditional is given like what is not; the caller decides what holds.

#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scanner/config/formats.h"
#include "scanner/config/shell_text.h"
#include "scanner/config/words.h"

namespace kimiguard::config {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool is_one_of(std::string_view word, const std::set<std::string_view>& words) {
  return words.count(word) != 0;
}

const std::set<std::string_view> kKeywords = {"if",  "then",    "else",    "elif",  "while", "until",
                                              "do",  "!",       "time",    "begin", "and",   "or",
                                              "not", "builtin", "command", "exec",  "nohup"};
const std::set<std::string_view> kDeclare = {"export", "declare",  "typeset",
                                             "local",  "readonly", "setenv"};

class ShellReader {
 public:
  ShellReader(Builder& builder, Dialect dialect, bool nested)
      : builder_(builder),
        text_(builder.text()),
        dialect_(dialect),
        nested_(nested),
        words_(builder, dialect) {}

  void read();

 private:
  struct HereDocument {
    std::string delimiter;
    bool strip_tabs = false;
  };

  void command();
  void fish_set(std::size_t first);
  void declare(std::size_t first);
  void alias(std::size_t first);
  void options(std::size_t first, const std::string& program);
  void here_document_bodies();
  std::size_t array(Word& name);
  void give(Setting setting, const std::vector<std::string>& prefix = {});
  bool is_command_start() const { return command_.empty(); }

  Builder& builder_;
  std::string_view text_;
  Dialect dialect_;
  bool nested_;
  WordReader words_;
  std::size_t at_ = 0;
  std::vector<Word> command_;           // words of the command being read
  std::vector<std::string> functions_;  // open braces: the function's name, or ""
  std::string next_function_;           // `name()` or `function name` was read
  std::deque<HereDocument> here_documents_;
  std::size_t here_document_count_ = 0;
};

void ShellReader::give(Setting setting, const std::vector<std::string>& prefix) {
  std::vector<std::string> path = prefix;
  if (path.empty()) {
    const auto function = std::find_if(functions_.rbegin(), functions_.rend(),
                                       [](const std::string& name) { return !name.empty(); });
    if (function != functions_.rend()) path = {"@function", *function};
  }
  setting.path.insert(setting.path.begin(), path.begin(), path.end());
  builder_.add(std::move(setting));
}

// `NAME=(a b c)`, the word `NAME=` read and "(" next: gives each element, returns the offset after ")".
std::size_t ShellReader::array(Word& name) {
  const std::string variable = name.text.value.substr(0, name.text.value.find_first_of("+="));
  std::size_t at = name.raw.end + 1;
  std::size_t index = 0;
  while (at < text_.size() && builder_.room()) {
    if (blank(text_[at]) || text_[at] == '\n') {
      ++at;
    } else if (text_[at] == '#') {
      at = std::min(text_.find('\n', at), text_.size());
    } else if (text_[at] == ')') {
      return at + 1;
    } else if (!words_.begins(at)) {
      ++at;
    } else {
      Word element = words_.read(at);
      at = element.raw.end;
      element.text.path = {variable, std::to_string(index++)};
      element.text.key_bytes = {name.raw.begin, name.raw.begin + variable.size()};
      give(std::move(element.text));
    }
  }
  return at;
}

void ShellReader::declare(std::size_t first) {
  const std::string& program = command_[first].text.value;
  bool exported = program == "export" || program == "setenv";
  std::size_t i = first + 1;
  for (; i < command_.size() && command_[i].text.value.size() > 1 && command_[i].text.value[0] == '-';
       ++i)
    if (command_[i].text.value.find('x') != std::string::npos) exported = true;
  const std::string tag = exported ? "export" : "";
  if (program == "setenv" && i < command_.size() && variable_name(command_[i].text.value)) {
    Setting setting;
    if (i + 1 < command_.size())
      setting = command_[i + 1].text;
    else
      setting.bytes = {command_[i].raw.end, command_[i].raw.end};
    setting.path = {command_[i].text.value};
    setting.key_bytes = command_[i].text.bytes;
    setting.tag = tag;
    return give(std::move(setting));
  }
  for (; i < command_.size(); ++i) {
    if (std::optional<Setting> setting = assignment(command_[i].text)) {
      setting->tag = tag;
      give(std::move(*setting));
    } else if (exported && variable_name(command_[i].text.value)) {
      Setting mention;
      mention.type = Setting::Type::null;
      mention.path = {command_[i].text.value};
      mention.key_bytes = command_[i].text.bytes;
      mention.bytes = {command_[i].raw.end, command_[i].raw.end};
      mention.tag = tag;
      give(std::move(mention));
    }
  }
}

// fish: set [-g|-x|-U|-l|-e …] NAME [VALUE …]
void ShellReader::fish_set(std::size_t first) {
  std::string flags;
  std::size_t i = first + 1;
  for (; i < command_.size() && command_[i].text.value.size() > 1 && command_[i].text.value[0] == '-';
       ++i) {
    const std::string& word = command_[i].text.value;
    if (word == "--export")
      flags += 'x';
    else if (word == "--erase")
      flags += 'e';
    else if (word == "--unexport")
      flags += 'u';
    else if (word == "--query")
      flags += 'q';
    else if (word.compare(0, 2, "--") != 0)
      flags += word.substr(1);
  }
  if (i >= command_.size() || flags.find('q') != std::string::npos ||
      flags.find('S') != std::string::npos)
    return;
  const std::string name = command_[i].text.value;
  if (!variable_name(name)) return;
  const Span key = command_[i].text.bytes;
  const bool erase = flags.find('e') != std::string::npos;
  const std::string tag = erase ? "unset" : flags.find('x') != std::string::npos ? "export" : "";
  const std::size_t values = command_.size() - i - 1;
  if (erase || values == 0) {
    Setting setting;
    setting.type = erase ? Setting::Type::null : Setting::Type::text;
    setting.path = {name};
    setting.key_bytes = key;
    setting.bytes = {command_[i].raw.end, command_[i].raw.end};
    setting.tag = tag;
    return give(std::move(setting));
  }
  for (std::size_t v = 0; v < values; ++v) {
    Setting setting = std::move(command_[i + 1 + v].text);
    setting.path = {name};
    if (values > 1) setting.path.push_back(std::to_string(v));
    setting.key_bytes = key;
    setting.tag = tag;
    give(std::move(setting));
  }
}

void ShellReader::alias(std::size_t first) {
  std::size_t i = first + 1;
  while (i < command_.size() && command_[i].text.value.size() > 1 && command_[i].text.value[0] == '-')
    ++i;
  for (; i < command_.size(); ++i) {
    const std::string& word = command_[i].text.value;
    const std::size_t equals = word.find('=');
    Setting text;
    if (equals != std::string::npos && equals > 0) {
      text = part_of(command_[i].text, equals + 1, word.size());
      text.path = {"@alias", word.substr(0, equals)};
      text.key_bytes = bytes_of(command_[i].text, 0, equals);
    } else if (dialect_ == Dialect::fish && i + 1 < command_.size()) {
      text = command_[i + 1].text;
      text.path = {"@alias", word};
      text.key_bytes = command_[i].text.bytes;
      ++i;
    } else {
      continue;
    }
    const Setting outer = text;
    builder_.add(std::move(text));
    if (nested_) continue;
    std::vector<Setting> inner =
        read_shell_text(outer.value, dialect_ == Dialect::fish, builder_.limits());
    for (Setting& setting : inner)  // "@command", program says nothing new here
      if (setting.path.size() > 2 && setting.path[0] == "@command")
        setting.path.erase(setting.path.begin(), setting.path.begin() + 2);
    rebase(inner, outer, outer.path);
    builder_.add_all(std::move(inner));
  }
}

// `--name value`, `--name=value`, `-H value`, and -e NAME=value as docker and others take it.
void ShellReader::options(std::size_t first, const std::string& program) {
  for (std::size_t i = first; i < command_.size(); ++i) {
    const std::string& word = command_[i].text.value;
    const bool wants_name = word == "-e" || word == "--env" || word == "--build-arg" || word == "-E";
    const bool is_long = word.size() > 2 && word.compare(0, 2, "--") == 0;
    if (!is_long && !wants_name && word != "-H") continue;
    const std::size_t equals = is_long ? word.find('=') : std::string::npos;
    if (equals != std::string::npos) {
      Setting setting = part_of(command_[i].text, equals + 1, word.size());
      setting.path = {word.substr(0, equals)};
      setting.key_bytes = bytes_of(command_[i].text, 0, equals);
      if (setting.path[0] == "--env" || setting.path[0] == "--build-arg") {
        if (std::optional<Setting> named = assignment(setting)) setting = std::move(*named);
      }
      give(std::move(setting), {"@command", program});
      continue;
    }
    if (i + 1 >= command_.size() || (command_[i + 1].text.value[0] == '-' && !command_[i + 1].quoted))
      continue;
    if (wants_name) {
      if (std::optional<Setting> named = assignment(command_[i + 1].text)) {
        give(std::move(*named), {"@command", program});
        ++i;
        continue;
      }
    }
    Setting setting = command_[i + 1].text;
    setting.path = {word};
    setting.key_bytes = command_[i].text.bytes;
    give(std::move(setting), {"@command", program});
    ++i;
  }
}

void ShellReader::command() {
  std::size_t first = 0;
  while (first < command_.size() && !command_[first].quoted) {
    const std::string& word = command_[first].text.value;
    if (word == "{" || (dialect_ == Dialect::fish && word == "function")) {
      if (word == "function") {
        functions_.push_back(first + 1 < command_.size() ? command_[first + 1].text.value : "");
        command_.clear();
        return;
      }
      functions_.push_back(std::exchange(next_function_, ""));
    } else if (word == "}" || (dialect_ == Dialect::fish && word == "end")) {
      if (!functions_.empty()) functions_.pop_back();
    } else if (word == "function" && first + 1 < command_.size()) {
      next_function_ = command_[first + 1].text.value;
      ++first;
    } else if (!is_one_of(word, kKeywords)) {
      break;
    } else if (dialect_ == Dialect::fish && (word == "if" || word == "while" || word == "begin")) {
      functions_.push_back("");
    }
    ++first;
  }
  if (functions_.size() > 1000) functions_.resize(1000);  // a hostile text, not a script
  if (first >= command_.size()) {
    command_.clear();
    return;
  }
  if (dialect_ == Dialect::fish && !command_[first].quoted &&
      (command_[first].text.value == "for" || command_[first].text.value == "switch"))
    functions_.push_back("");

  // Assignments before a command hold for it alone; without one, for the shell.
  std::vector<Setting> prefix;
  const bool through_env = command_[first].text.value == "env" || command_[first].text.value == "sudo";
  std::size_t at = first + (through_env ? 1 : 0);
  for (; at < command_.size(); ++at) {
    const std::string& word = command_[at].text.value;
    if (through_env && word.size() > 1 && word[0] == '-') {
      if ((word == "-u" || word == "--unset") && at + 1 < command_.size()) ++at;
      continue;
    }
    std::optional<Setting> setting = assignment(command_[at].text);
    // In `"A"=b`, quoted, there is no assignment, but `env "A=b"` is one.
    if (!setting || (!through_env && command_[at].quoted && text_[command_[at].raw.begin] != word[0]))
      break;
    prefix.push_back(std::move(*setting));
  }
  const std::string program = at < command_.size() ? command_[at].text.value : std::string();
  for (Setting& setting : prefix) {
    if (program.empty() && !through_env)
      give(std::move(setting));
    else
      give(std::move(setting), {"@command", program.empty() ? "env" : program});
  }
  if (at < command_.size() && builder_.room()) {
    if (dialect_ == Dialect::fish && program == "set") {
      fish_set(at);
    } else if (is_one_of(program, kDeclare)) {
      declare(at);
    } else if (program == "alias" || program == "abbr") {
      alias(at);
    } else if (program == "unset") {
      for (std::size_t i = at + 1; i < command_.size(); ++i) {
        if (!variable_name(command_[i].text.value)) continue;
        Setting setting;
        setting.type = Setting::Type::null;
        setting.path = {command_[i].text.value};
        setting.key_bytes = command_[i].text.bytes;
        setting.bytes = {command_[i].raw.end, command_[i].raw.end};
        setting.tag = "unset";
        give(std::move(setting));
      }
    } else if (program == ":") {
      // : "${NAME:=value}" sets a variable that is empty.
      for (std::size_t i = at + 1; i < command_.size(); ++i) {
        const std::string& word = command_[i].text.value;
        const std::size_t equals = word.find('=');
        if (word.size() < 5 || word.compare(0, 2, "${") != 0 || word.back() != '}' ||
            equals == std::string::npos)
          continue;
        const std::size_t name_end = word[equals - 1] == ':' ? equals - 1 : equals;
        const std::string name = word.substr(2, name_end - std::min<std::size_t>(name_end, 2));
        if (!variable_name(name)) continue;
        Setting setting = part_of(command_[i].text, equals + 1, word.size() - 1);
        setting.path = {name};
        setting.key_bytes = bytes_of(command_[i].text, 2, name_end);
        setting.tag = "default";
        give(std::move(setting));
      }
    } else {
      options(at + 1, program);
    }
  }
  command_.clear();
}

void ShellReader::here_document_bodies() {
  while (!here_documents_.empty() && builder_.room()) {
    const HereDocument document = std::move(here_documents_.front());
    here_documents_.pop_front();
    const std::size_t begin = at_;
    std::size_t end = text_.size();
    while (at_ < text_.size()) {
      std::size_t line_end = std::min(text_.find('\n', at_), text_.size());
      std::size_t line_begin = at_;
      if (document.strip_tabs)
        while (line_begin < line_end && text_[line_begin] == '\t') ++line_begin;
      std::string_view line = text_.substr(line_begin, line_end - line_begin);
      if (line.ends_with('\r')) line.remove_suffix(1);
      const std::size_t here = at_;
      at_ = std::min(line_end + 1, text_.size());
      if (line == document.delimiter) {
        end = here;
        break;
      }
    }
    const std::size_t number = here_document_count_++;
    if (nested_ || end <= begin) continue;
    Setting outer;
    outer.value = text_.substr(begin, end - begin);
    outer.bytes = {begin, end};
    const std::size_t first = outer.value.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) continue;
    const bool json = outer.value[first] == '{' || outer.value[first] == '[';
    std::vector<Setting> inner;
    if (json) {
      inner = config::read(outer.value, Format::json, builder_.limits()).settings;
    } else {
      inner = config::read(outer.value, Format::dotenv, builder_.limits()).settings;
    }
    rebase(inner, outer, {"@heredoc", std::to_string(number)});
    builder_.add_all(std::move(inner));
  }
}

void ShellReader::read() {
  while (at_ < text_.size() && builder_.room()) {
    const char c = text_[at_];
    if (blank(c)) {
      ++at_;
    } else if (c == '\\' &&
               (text_.compare(at_, 2, "\\\n") == 0 || text_.compare(at_, 3, "\\\r\n") == 0)) {
      at_ += text_[at_ + 1] == '\n' ? 2 : 3;
    } else if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '\n') {
      command();
      ++at_;
      here_document_bodies();
    } else if (c == ';' || c == '|' || c == '&') {
      command();
      ++at_;
    } else if (c == '<' && text_.compare(at_, 2, "<<") == 0 && text_.compare(at_, 3, "<<<") != 0 &&
               dialect_ == Dialect::posix) {
      at_ += 2;
      HereDocument document;
      if (at_ < text_.size() && text_[at_] == '-') {
        document.strip_tabs = true;
        ++at_;
      }
      while (at_ < text_.size() && blank(text_[at_])) ++at_;
      if (words_.begins(at_)) {
        const Word word = words_.read(at_);
        at_ = word.raw.end;
        document.delimiter = word.text.value;
        // `$((1 << 2))` and the like are no here-documents.
        if (!document.delimiter.empty() &&
            (document.delimiter[0] < '0' || document.delimiter[0] > '9') && here_documents_.size() < 100)
          here_documents_.push_back(std::move(document));
      }
    } else if (c == '<' || c == '>') {
      while (at_ < text_.size() &&
             (text_[at_] == '<' || text_[at_] == '>' || text_[at_] == '&' || text_[at_] == '|'))
        ++at_;
      while (at_ < text_.size() && blank(text_[at_])) ++at_;
      if (words_.begins(at_) && text_[at_] != '#')
        at_ = words_.read(at_).raw.end;  // the file, not an argument
    } else if (c == ')' && dialect_ == Dialect::fish) {
      ++at_;
    } else if ((c == '(' || c == ')') && dialect_ == Dialect::posix) {
      if (c == '(' && command_.size() == 1 && !command_[0].quoted) {
        std::size_t close = at_ + 1;
        while (close < text_.size() && blank(text_[close])) ++close;
        if (close < text_.size() && text_[close] == ')') {
          next_function_ = command_[0].text.value;
          command_.clear();
          at_ = close + 1;
          continue;
        }
      }
      command();
      ++at_;
    } else {
      Word word = words_.read(at_);
      at_ = word.raw.end;
      // A list of values: NAME=( … ), also after export, declare, local.
      if (dialect_ == Dialect::posix && at_ < text_.size() && text_[at_] == '(' &&
          word.text.value.size() > 1 && word.text.value.back() == '=' && !word.quoted &&
          variable_name(word.text.value.substr(0, word.text.value.find_first_of("+=")))) {
        at_ = array(word);
        continue;
      }
      const bool brace = !word.quoted && (word.text.value == "{" || word.text.value == "}");
      command_.push_back(std::move(word));
      if (brace && command_.size() == 1) command();
      if (command_.size() > 10'000) command();
    }
  }
  command();
}

}  // namespace

void read_shell(Builder& builder) { ShellReader(builder, Dialect::posix, false).read(); }

void read_fish(Builder& builder) {
  const std::string_view text = builder.text();
  if (text.substr(0, 400).find("SETUVAR") == std::string_view::npos) {
    ShellReader(builder, Dialect::fish, false).read();
    return;
  }
  // fish_variables: SETUVAR [--export] NAME:value, with \xHH for everything unusual.
  std::size_t next = 0;
  for (std::size_t at = 0; at < text.size() && builder.room(); at = next) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    next = std::min(end + 1, text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with("SETUVAR ")) {
      std::size_t i = at + 8;
      std::string tag;
      while (i < end && text[i] == '-') {
        const std::size_t space = std::min(text.substr(0, end).find(' ', i), end);
        if (text.substr(i, space - i) == "--export") tag = "export";
        i = std::min(space + 1, end);
      }
      const std::size_t colon = text.substr(0, end).find(':', i);
      if (colon == std::string_view::npos || colon >= end) {
        if (next <= at) break;
        continue;
      }
      ValueText out;
      for (std::size_t v = colon + 1; v < end;) {
        unsigned code = 0;
        std::size_t k = v + 2;
        if (text[v] == '\\' && v + 1 < end && text[v + 1] == 'x') {
          for (; k < end && k < v + 4; ++k) {
            const char h = text[k];
            const int digit = h >= '0' && h <= '9'   ? h - '0'
                              : h >= 'a' && h <= 'f' ? h - 'a' + 10
                              : h >= 'A' && h <= 'F' ? h - 'A' + 10
                                                     : -1;
            if (digit < 0) break;
            code = code * 16 + static_cast<unsigned>(digit);
          }
        }
        if (k > v + 2) {
          const char byte = static_cast<char>(code);
          out.decoded(std::string_view(&byte, 1), v, k);
          v = k;
        } else {
          out.copy(text.substr(v, 1), v);
          ++v;
        }
      }
      Setting setting;
      std::move(out).store(setting, {colon + 1, end});
      setting.path = {std::string(text.substr(i, colon - i))};
      setting.key_bytes = {i, colon};
      setting.tag = std::move(tag);
      setting.verbatim = true;
      builder.add(std::move(setting));
    }
    if (next <= at) break;
  }
}

std::vector<Setting> read_shell_text(std::string_view text, bool fish, const Limits& limits) {
  Builder builder(text, limits);
  ShellReader(builder, fish ? Dialect::fish : Dialect::posix, true).read();
  return std::move(builder).finish().settings;
}

}  // namespace kimiguard::config
