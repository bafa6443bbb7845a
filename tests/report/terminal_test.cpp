#include "scanner/report/terminal.h"

#include "scanner/report/uri.h"
#include "tests/support/catch.h"

namespace kimiguard::report {

TEST_CASE("Chinese takes two columns, marks take none") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("密钥") == 4);
  CHECK(display_width("e\xCC\x81") == 1);
  CHECK(display_width("，") == 2);
  CHECK(display_width("…→") == 2);
}

TEST_CASE("lines break at spaces and between Chinese characters") {
  CHECK(wrapped("one two three", 10) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("一二三四五六", 10) == std::vector<std::string>{"一二三四五", "六"});
  // A comma never begins a line.
  CHECK(wrapped("一二三四五，六", 10) == std::vector<std::string>{"一二三四", "五，六"});
  CHECK(wrapped("", 10) == std::vector<std::string>{""});
  CHECK(wrapped("abcdefghijklmno", 10) == std::vector<std::string>{"abcdefghij", "klmno"});
  CHECK(wrapped("a\nb", 10) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("wrapping loses nothing but spaces") {
  const std::string text =
      "看 https://platform.kimi.com/console/api-keys 里的密钥 and then some more words";
  for (int width = 10; width < 60; ++width) {
    std::string joined;
    for (const std::string& line : wrapped(text, width)) {
      CHECK(display_width(line) <= width);
      joined += line;
    }
    std::string expected;
    for (const char c : text)
      if (c != ' ') expected += c;
    std::string found;
    for (const char c : joined)
      if (c != ' ') found += c;
    CHECK(found == expected);
  }
}

TEST_CASE("a path that is too long keeps its end") {
  CHECK(shortened("short", 10) == "short");
  const std::string path = shortened("/home/me/a/very/long/path/to/settings.json:12:3", 24);
  CHECK(display_width(path) <= 24);
  CHECK(path.ends_with("json:12:3"));
}

TEST_CASE("remotes lose their credentials and become URIs") {
  CHECK(remote_uri("git@github.com:o/r.git") == "ssh://git@github.com/o/r.git");
  CHECK(remote_uri("https://user:pass@host/o/r.git?x=1") == "https://host/o/r.git");
  CHECK(remote_uri("ssh://git@host:22/o/r") == "ssh://git@host:22/o/r");
  CHECK(remote_uri("/srv/git/a b.git") == "file:///srv/git/a%20b.git");
  CHECK(remote_uri("../other") == "");
  CHECK(remote_uri("") == "");
}

TEST_CASE("what a runner of GitHub Actions takes for a command is shown otherwise") {
  CHECK(printable_line("::error::x") == "\\x3a:error::x");
  CHECK(printable_line("a ::add-mask::x") == "a \\x3a:add-mask::x");
  CHECK(printable_line("a##[error]b") == "a\\x23#[error]b");
  CHECK(printable_line("std::string a::b") == "std::string a::b");
}

}  // namespace kimiguard::report
