#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <nlohmann/json.hpp>

#include "scanner/report/terminal.h"
#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace kimiguard::test {
namespace {

// A 429 as an SDK prints it, with identifiers made here.
std::string tpd(Keys& keys) {
  const std::string hex = "0123456789abcdef";
  return "Error code: 429 - {'error': {'message': 'Your account org-" + keys.from(hex, 32) + " / proj-" +
         keys.from(hex, 32) + " <ak-" + keys.from("abcdefghijklmnopqrstuvwxyz0123456789", 20) +
         "> request reached organization TPD rate limit, current: 1501880, limit: 1500000', 'type': "
         "'rate_limit_reached_error'}}";
}

int widest(const std::string& text) {
  int most = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    most = std::max(most, report::display_width(std::string_view(text).substr(at, end - at)));
    at = end + 1;
  }
  return most;
}

std::string after(const std::string& text, const std::string& prefix, std::size_t length) {
  const std::size_t at = text.find(prefix);
  return at == std::string::npos ? "" : text.substr(at, prefix.size() + length);
}

}  // namespace

TEST_CASE("an error without the organization's id still says what to compare") {
  const Ran ran = kimiguard({"explain", "request reached organization TPD rate limit, current: 1501880, limit: 1500000", "--lang", "en"});
  CHECK(ran.status == 0);
  CHECK(ran.out.find("compare org-… with") != std::string::npos);
}

TEST_CASE("a pasted TPD error is decoded with all that a person must check") {
  Keys keys(1);
  const std::string text = tpd(keys);
  for (const bool as_argument : {true, false}) {
    RunOptions options;
    options.environment["COLUMNS"] = "200";
    if (!as_argument) options.input = text;
    const Ran ran =
        as_argument ? kimiguard({"explain", text}, options) : kimiguard({"explain"}, options);
    INFO(ran.out << ran.err);
    REQUIRE(ran.status == 0);
    CHECK(ran.err.empty());
    for (const char* wanted :
         {"1,501,880", "1,500,000", "TPD", "tier 0", "Good", "console/limits", "console/fee-detail",
          "kimiguard scan", "n8n", "status.moonshot.cn", "Msh-Gid", "last 24 hours", "support", "platform.kimi.ai",
          "platform.kimi.com", "www.kimi.com/code/console", "retries"})
      CHECK_THAT(ran.out, ContainsSubstring(wanted));
    CHECK_THAT(ran.out, ContainsSubstring(after(text, "org-", 32)));
    CHECK_THAT(ran.out, ContainsSubstring(after(text, "proj-", 32)));
    CHECK_THAT(ran.out, ContainsSubstring(after(text, "ak-", 20)));
    CHECK(ran.out.find('\x1b') == std::string::npos);
    CHECK(ran.out.find('{') == std::string::npos);
  }
}

TEST_CASE("an explanation fits narrow and wide terminals in both languages") {
  Keys keys(2);
  for (const char* columns : {"60", "80", "200"})
    for (const char* language : {"en", "zh"}) {
      RunOptions options;
      options.environment["COLUMNS"] = columns;
      options.input = tpd(keys);
      const Ran ran = kimiguard({"explain", "--lang", language}, options);
      REQUIRE(ran.status == 0);
      CHECK(widest(ran.out) <= std::atoi(columns));
      CHECK((ran.out.find("组织") != std::string::npos) == (std::string(language) == "zh"));
    }
}

TEST_CASE("colours are used only where they are asked for") {
  Keys keys(3);
  RunOptions options;
  options.input = tpd(keys);
  CHECK(kimiguard({"explain", "--color", "always"}, options).out.find("\x1b[") != std::string::npos);
  CHECK(kimiguard({"explain"}, options).out.find("\x1b[") == std::string::npos);
}

TEST_CASE("an explanation as JSON holds the identifiers and no key") {
  Keys keys(4);
  const std::string key = keys.kimi_code();
  RunOptions options;
  options.input = "curl https://api.moonshot.ai/v1/models -H 'Authorization: Bearer " + key +
                  "'\nHTTP/2 401\n{\"error\":{\"message\":\"Invalid "
                  "Authentication\",\"type\":\"invalid_authentication_error\"}}";
  const Ran ran = kimiguard({"explain", "-f", "json"}, options);
  REQUIRE(ran.status == 0);
  CHECK(ran.out.find(key.substr(8)) == std::string::npos);
  const auto object = nlohmann::json::parse(ran.out);
  CHECK(object["id"] == "invalid-authentication");
  CHECK(object["key"]["state"] == "wrong-realm");
  CHECK(object["answeredBy"]["realm"] == "moonshot-global");
  CHECK(object["key"]["masked"].get<std::string>().starts_with("sk-kimi-"));
  CHECK_FALSE(object["steps"].empty());

  options.input = tpd(keys);
  const auto quota = nlohmann::json::parse(kimiguard({"explain", "-f", "json"}, options).out);
  CHECK(quota["key"]["keyId"].get<std::string>().size() == 23);
  CHECK(quota["bucket"] == "TPD");
  CHECK(quota["current"] == 1501880);
  CHECK(quota["retry"] == false);
}

TEST_CASE("a key in the pasted text is masked and its owner told to rotate it") {
  Keys keys(5);
  const std::string key = keys.kimi_code();
  RunOptions options;
  options.input = "401 Invalid Authentication https://api.moonshot.cn/v1 key=" + key;
  const Ran ran = kimiguard({"explain"}, options);
  CHECK(ran.status == 0);
  CHECK(ran.out.find(key.substr(8, 20)) == std::string::npos);
  CHECK_THAT(ran.out, ContainsSubstring("rotate"));
  CHECK_THAT(ran.out, ContainsSubstring("www.kimi.ai/code/console"));
}

TEST_CASE("text that means nothing is 1, and no text is wrong usage") {
  RunOptions options;
  CHECK(kimiguard({"explain", "the", "weather", "is", "fine"}, options).status == 1);
  const Ran none = kimiguard({"explain"}, options);
  CHECK(none.status == 2);
  CHECK_THAT(none.err, ContainsSubstring("no text to explain"));
  CHECK(kimiguard({"explain", "--bogus"}, options).status == 2);
}

TEST_CASE("a rule's id is explained, and a mistyped one corrected") {
  const Ran ran = kimiguard({"explain", "kimi-code-key"});
  CHECK(ran.status == 0);
  for (const char* wanted : {"sk-kimi-", "critical", "Rotate", "kimiguard ignore ID", "kimiguard:allow",
                             "https://", "See also"})
    CHECK_THAT(ran.out, ContainsSubstring(wanted));
  const Ran wrong = kimiguard({"explain", "kimi-hots-mismatch"});
  CHECK(wrong.status == 2);
  CHECK_THAT(wrong.err, ContainsSubstring("did you mean 'kimi-host-mismatch'"));
}

TEST_CASE("a paste at the terminal ends with an empty line after its JSON, without Ctrl-D") {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  REQUIRE(::grantpt(terminal) == 0);
  REQUIRE(::unlockpt(terminal) == 0);
  const std::string name = ::ptsname(terminal);
  const Folder folder;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::setsid();
    const int in = ::open(name.c_str(), O_RDWR);
    const int out = ::open((folder / "out").c_str(), O_WRONLY | O_CREAT, 0600);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::setenv("LANG", "C", 1);
    ::execl(KIMIGUARD_PROGRAM, KIMIGUARD_PROGRAM, "explain", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  const std::string text =
      "HTTP 404\n\n{\"error\": {\n\"message\": \"Not found the model kimi-k2.5 or Permission "
      "denied\",\n\n"
      "\"type\": \"resource_not_found_error\"}}\n\n";
  REQUIRE(::write(terminal, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  int status = 0;
  bool ended = false;
  for (int i = 0; i < 1000 && !ended; ++i) {
    ended = ::waitpid(child, &status, WNOHANG) == child;
    if (!ended) ::usleep(10000);
  }
  if (!ended) {
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
  }
  ::close(terminal);
  CHECK(ended);
  CHECK(WEXITSTATUS(status) == 0);
  const std::string out = read_file(folder / "out");
  CHECK_THAT(out, ContainsSubstring("Ctrl-D"));
  CHECK_THAT(out, ContainsSubstring("kimi-k2.5"));
}

}  // namespace kimiguard::test
