#include "scanner/source/archive/archive.h"

#include <sqlite3.h>
#include <sys/resource.h>

#include "scanner/source/archive/libarchive.h"
#include "scanner/source/unpack/unpack.h"
#include "tests/source/archive/writer.h"
#include "tests/source/store/support.h"
#include "tests/support/catch.h"

using namespace kimiguard;
using namespace kimiguard::testing;

namespace {

Coverage unpack_bytes(std::string_view bytes, const std::string& name, Collector& collector,
                      container::Limits limits = {}) {
  return unpack::read_bytes(bytes, origin_of(name), limits, collector.sink());
}

std::string sqlite_image(const std::string& value) {
  sqlite3* db = nullptr;
  sqlite3_open(":memory:", &db);
  sqlite3_exec(db, ("CREATE TABLE t(v TEXT); INSERT INTO t VALUES('" + value + "')").c_str(), nullptr,
               nullptr, nullptr);
  sqlite3_int64 size = 0;
  unsigned char* image = sqlite3_serialize(db, "main", &size, 0);
  std::string bytes(reinterpret_cast<const char*>(image), static_cast<std::size_t>(size));
  sqlite3_free(image);
  sqlite3_close(db);
  return bytes;
}

std::string describe(const Coverage& coverage) {
  std::string text;
  for (const Gap& gap : coverage.gaps) text += gap.code + " " + gap.place + " " + gap.reason + "; ";
  return text;
}

}  // namespace

TEST_CASE("members of every archive format are delivered under their names") {
  struct Form {
    const char* name;
    const char* format;
    const char* filter;
  };
  const Form forms[] = {{"a.zip", "zip", ""},
                        {"a.jar", "zip", ""},
                        {"a.7z", "7zip", ""},
                        {"a.tar", "ustar", ""},
                        {"a.pax.tar", "pax", ""},
                        {"a.gnu.tar", "gnutar", ""},
                        {"a.v7.tar", "v7tar", ""},
                        {"a.tar.gz", "ustar", "gzip"},
                        {"a.tgz", "pax", "gzip"},
                        {"a.tar.bz2", "ustar", "bzip2"},
                        {"a.tar.xz", "ustar", "xz"},
                        {"a.tar.zst", "ustar", "zstd"},
                        {"a.tar.lz4", "ustar", "lz4"},
                        {"a.tar.lz", "ustar", "lzip"},
                        {"a.tar.Z", "ustar", "compress"},
                        {"a.cpio", "newc", ""},
                        {"a.odc.cpio", "odc", ""},
                        {"a.deb", "arbsd", ""},
                        {"a.iso", "iso9660", ""},
                        {"a.pkg", "xar", ""}};
  for (const Form& form : forms) {
    const std::string first = random_key();
    const std::string second = random_key();
    const std::string bytes = make_archive(
        form.format, {{"first.env", "KIMI_API_KEY=" + first + "\n"}, {"second.txt", "x " + second}},
        {form.filter, "", ""});
    Collector seen;
    const Coverage coverage = unpack_bytes(bytes, form.name, seen);
    INFO(form.name << " " << describe(coverage));
    CHECK(coverage.gaps.empty());
    CHECK(coverage.archives == 1);
    CHECK(seen.places_of(first).size() == 1);
    const bool upper = std::string(form.name) == "a.iso";  // level 1 names of ISO 9660 may be upper case
    CHECK(seen.holds_at(first, upper ? "a.iso!/" : std::string(form.name) + "!/first.env"));
    CHECK(seen.holds(second));
    CHECK(seen.all.size() == 2);

    const TempFolder folder;
    write_file(folder / form.name, bytes);
    Collector from_file;
    CHECK(unpack::read_file(folder / form.name, origin_of(folder / form.name), {}, from_file.sink())
              .gaps.empty());
    CHECK(from_file.holds(first));
    CHECK(from_file.holds(second));
  }
}

TEST_CASE("a single compressed file is one member named after it") {
  for (const char* filter : {"gzip", "bzip2", "xz", "zstd", "lz4", "lzip", "lzma"}) {
    const std::string key = random_key();
    Collector seen;
    const std::string name = std::string("logs/app.log.") + filter;
    const Coverage coverage = unpack_bytes(compress(filter, "line\nkey " + key), name, seen);
    INFO(filter << " " << describe(coverage));
    CHECK(coverage.gaps.empty());
    CHECK(seen.places_of(key) == std::vector<std::string>{name + "!/app.log"});
  }
}

TEST_CASE("a compressed file that begins like an empty tar is read") {
  const std::string key = random_key();
  for (const char* filter : {"gzip", "xz"}) {
    Collector seen;
    const Coverage coverage =
        unpack_bytes(compress(filter, std::string(20'000, '\0') + key), "core.gz", seen);
    CHECK(coverage.gaps.empty());
    CHECK(seen.holds_at(key, "core.gz!/core"));
    // Nor is anything lost behind the end of a tar.
    Collector behind;
    const std::string tar = make_archive("ustar", {{"a", "a"}});
    unpack_bytes(compress(filter, tar + std::string(100'000, '\0') + key), "a.tar.gz", behind);
    CHECK(behind.holds(key));
  }
}

TEST_CASE("containers are opened inside each other down to the limit") {
  const std::string key = random_key();
  std::string bytes = "key=" + key;
  std::string name = "secret.txt";
  const char* formats[] = {"zip", "ustar", "7zip", "ustar", "zip", "newc"};
  std::string expected = "/secret.txt";
  for (const char* format : formats) {
    bytes = make_archive(format, {{"padding", std::string(5000, 'p')}, {name, bytes}, {"last", "last"}});
    name = std::string(format) + ".bin";
    expected = "!/" + name + (expected[0] == '!' ? expected : "!" + expected);
  }
  expected = expected.substr(expected.find("!/", 2));  // the outermost is the file itself
  Collector seen;
  const Coverage coverage = unpack_bytes(bytes, "outer", seen);
  INFO(describe(coverage));
  CHECK(coverage.gaps.empty());
  CHECK(seen.places_of(key) == std::vector<std::string>{"outer" + expected});
  CHECK(coverage.archives == 6);

  container::Limits shallow;
  shallow.depth = 3;
  Collector cut;
  const Coverage limited = unpack_bytes(bytes, "outer", cut, shallow);
  CHECK(has_gap(limited, "limit"));
  CHECK_FALSE(cut.holds_at(key, "secret.txt"));
}

TEST_CASE("a database in an archive in a cell of a database is read") {
  const std::string key = random_key();
  const std::string inner = make_archive("zip", {{"state.vscdb", sqlite_image(key)}});
  const std::string outer = make_archive("ustar", {{"backup.zip", inner}}, {"zstd", "", ""});
  Collector seen;
  const Coverage coverage = unpack_bytes(outer, "backup.tar.zst", seen);
  INFO(describe(coverage));
  CHECK(coverage.gaps.empty());
  CHECK(coverage.databases == 1);
  CHECK(seen.holds_at(key, "backup.tar.zst!/backup.zip!/state.vscdb!/t[1].v"));
}

TEST_CASE("names are only names") {
  const std::string key = random_key();
  Collector seen;
  const Coverage coverage =
      unpack_bytes(make_archive("zip", {{"../../etc/passwd", key + "1"},
                                        {"/absolute", key + "2"},
                                        {"a\x1b[31m\nb", key + "3"},
                                        {"\xe5\xaf\x86\xe9\x92\xa5.env", key + "4"}}),
                   "evil.zip", seen);
  INFO(describe(coverage));
  CHECK(seen.holds_at(key + "1", "evil.zip!/../../etc/passwd"));
  CHECK(seen.holds_at(key + "2", "evil.zip!//absolute"));
  CHECK(seen.holds_at(key + "3", "evil.zip!/a\x1b[31m\nb"));
  CHECK(seen.holds_at(key + "4", "\xe5\xaf\x86\xe9\x92\xa5.env"));
}

TEST_CASE("encrypted members are named and set aside, the others read") {
  const std::string key = random_key();
  Collector seen;
  const Coverage coverage = unpack_bytes(
      make_archive("zip", {{"hidden.env", "KEY=" + key}}, {"", "zip:encryption=zipcrypt", "pass"}),
      "a.zip", seen);
  REQUIRE(coverage.gaps.size() == 1);
  CHECK(coverage.gaps[0].kind == GapKind::set_aside);
  CHECK(coverage.gaps[0].code == "encrypted");
  CHECK(coverage.gaps[0].place == "a.zip!/hidden.env");
}

TEST_CASE("a damaged archive gives the members before the damage and a gap") {
  std::vector<std::string> keys;
  Members members;
  for (int i = 0; i < 20; ++i) {
    keys.push_back(random_key());
    members.emplace_back("m" + std::to_string(i), keys.back() + random_bytes(20000));
  }
  for (const char* form : {"zip", "ustar", "pax gzip", "ustar xz", "newc zstd"}) {
    const std::string text = form;
    const std::string format = text.substr(0, text.find(' '));
    const std::string filter =
        text.find(' ') == std::string::npos ? "" : text.substr(text.find(' ') + 1);
    std::string bytes = make_archive(format, members, {filter, "", ""});
    bytes.resize(bytes.size() * 7 / 10);
    Collector seen;
    const Coverage coverage = unpack_bytes(bytes, "cut." + format, seen);
    INFO(form << " " << describe(coverage));
    CHECK(has_gap(coverage, "damaged"));
    // What stands plainly in the outer bytes was seen there; what is compressed was not.
    CHECK(coverage.has(GapKind::unreadable) == (text != "ustar"));
    CHECK(coverage.has(GapKind::not_parsed) == (text == "ustar"));
    CHECK(seen.holds(keys[0]));
    CHECK(seen.holds(keys[8]));
    // Inside another archive the bytes behind the damage are still looked at.
    if (format == "ustar" && filter.empty()) {
      std::string broken = make_archive("ustar", members);
      broken.replace(20480 * 10, 40960, 40960, 'X');
      Collector nested;
      const Coverage inner =
          unpack_bytes(make_archive("zip", {{"broken.tar", broken}}), "outer.zip", nested);
      INFO(describe(inner));
      CHECK(nested.holds(keys[1]));
      CHECK(nested.holds(keys[18]));
    }
  }
}

TEST_CASE("changed bytes anywhere crash nothing") {
  for (const char* format : {"zip", "7zip", "ustar", "newc", "arbsd"}) {
    const std::string bytes = make_archive(
        format,
        {{"a.txt", random_bytes(3000)}, {"b.zip", make_archive("zip", {{"c", random_text(500)}})}});
    for (int round = 0; round < 60; ++round) {
      std::string broken = bytes;
      for (int i = 0; i < 12; ++i)
        broken[8 + random_source()() % (broken.size() - 8)] = static_cast<char>(random_source()());
      Collector seen;
      unpack_bytes(broken, "x", seen);
    }
  }
}

TEST_CASE("each limit that is reached is a gap with its name") {
  const auto reason_of = [](const Coverage& coverage) {
    std::string all;
    for (const Gap& gap : coverage.gaps) {
      if (gap.code == "limit") all += gap.reason + ";";
    }
    return all;
  };
  SECTION("members") {
    container::Limits limits;
    limits.members = 3;
    Collector seen;
    const Coverage coverage = unpack_bytes(
        make_archive("ustar", {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}), "a.tar", seen, limits);
    CHECK_THAT(reason_of(coverage), ContainsSubstring("number of members"));
    CHECK(seen.all.size() == 3);
  }
  SECTION("one member") {
    container::Limits limits;
    limits.member_bytes = 100'000;
    Collector seen;
    const std::string key = random_key();
    const Coverage coverage =
        unpack_bytes(make_archive("ustar", {{"big", std::string(1 << 20, 'a')}, {"small", key}}),
                     "a.tar", seen, limits);
    CHECK_THAT(reason_of(coverage), ContainsSubstring("size of one member"));
    CHECK(seen.holds(key));
  }
  SECTION("ratio and total") {
    const std::string bomb =
        make_archive("zip", {{"zeros", std::string(300 << 20, '\0')}, {"after", "x"}});
    Collector seen;
    std::uint64_t most = 0;
    const container::Sink sink = [&](const Document& document) {
      most = std::max<std::uint64_t>(most, document.bytes.size());
    };
    const Coverage coverage = unpack::read_bytes(bomb, origin_of("bomb.zip"), {}, sink);
    CHECK_THAT(reason_of(coverage), ContainsSubstring("for each packed byte"));
    CHECK(most <= container::Limits{}.piece_bytes);
    container::Limits limits;
    limits.total_bytes = 1 << 20;
    Collector again;
    CHECK_THAT(reason_of(unpack_bytes(bomb, "bomb.zip", again, limits)),
               ContainsSubstring("all unpacked bytes"));
  }
  SECTION("memory") {
    container::Limits limits;
    limits.held_bytes = 100'000;
    Collector seen;
    const std::string key = random_key();
    const std::string inner = make_archive("7zip", {{"x", random_bytes(300'000)}});
    const Coverage coverage =
        unpack_bytes(make_archive("ustar", {{"in.7z", inner}, {"after", key}}), "a.tar", seen, limits);
    CHECK_THAT(reason_of(coverage), ContainsSubstring("memory"));
    CHECK(seen.holds(key));
  }
}

TEST_CASE("a large zip inside an archive is read from its front when it may not be held") {
  const std::string key = random_key();
  container::Limits limits;
  limits.held_bytes = 100'000;
  const std::string inner = make_archive("zip", {{"noise", random_bytes(500'000)}, {"deep.env", key}});
  Collector seen;
  const Coverage coverage =
      unpack_bytes(make_archive("ustar", {{"in.zip", inner}}), "a.tar", seen, limits);
  INFO(describe(coverage));
  CHECK(coverage.gaps.empty());
  CHECK(seen.places_of(key) == std::vector<std::string>{"a.tar!/in.zip!/deep.env"});
}

TEST_CASE("key stores are named and not opened") {
  for (const auto& [name, start] : {std::pair<std::string, std::string>{"a.jks", "\xFE\xED\xFE\xED"},
                                    {"b", "\xFE\xED\xFE\xED"},
                                    {"c.p12", "\x30\x82"},
                                    {"d.kdbx", "\x03\xD9\xA2\x9A"}}) {
    Collector seen;
    const Coverage coverage = unpack_bytes(start + std::string(40, '\x01'), name, seen);
    REQUIRE(coverage.gaps.size() == 1);
    CHECK(coverage.gaps[0].code == "keystore");
    CHECK(coverage.gaps[0].kind == GapKind::set_aside);
  }
}

TEST_CASE("a script with an archive behind it is read") {
  const std::string key = random_key();
  const std::string zip = make_archive("zip", {{"__main__.py", key}});
  Collector seen;
  const Coverage coverage = unpack_bytes("#!/usr/bin/env python3\n" + zip, "tool.pyz", seen);
  INFO(describe(coverage));
  CHECK(seen.holds_at(key, "tool.pyz!/__main__.py"));
}

TEST_CASE("what is no archive has no inside") {
  for (const std::string text : {"", "PK", "plain text", "BZh is a word", "\x1f\x8b", "070"}) {
    CHECK_FALSE(unpack::has_inside("a.txt", text));
  }
  Collector seen;
  CHECK(unpack_bytes(std::string(40'000, 'a'), "text.iso", seen).gaps.empty());
}

TEST_CASE("many small archives lose no member and stay small") {
  std::vector<std::string> keys;
  Members members;
  for (int i = 0; i < 3000; ++i) {
    keys.push_back(random_key());
    members.emplace_back("small" + std::to_string(i) + ".zip",
                         make_archive("zip", {{"k.env", "K=" + keys.back()}}));
  }
  std::uint64_t found = 0;
  const container::Sink sink = [&](const Document& document) {
    if (document.origin->inside.size() == 2) {
      found += document.bytes.substr(2) ==
               keys[static_cast<std::size_t>(std::stoi(document.origin->inside[0].name.substr(5)))];
    }
  };
  const Coverage coverage = unpack::read_bytes(make_archive("ustar", members, {"gzip", "", ""}),
                                               origin_of("all.tgz"), {}, sink);
  CHECK(coverage.gaps.empty());
  CHECK(found == keys.size());
  CHECK(coverage.archives == keys.size() + 1);
}

TEST_CASE("a zip behind a program or a long script is opened, whatever the name") {
  const std::string key = random_key();
  const std::string zip = make_archive("zip", {{"settings/.env", "KIMI_API_KEY=" + key + "\n"}}, {"", "zip:compression=deflate", ""});
  const std::string stubs[] = {std::string("MZ\x90\0\3\0\0\0", 8) + std::string(9000, '\x7f'), "\x7f" "ELF\2\1\1" + std::string(5000, '\0'),
                               "#!/bin/sh\n" + std::string(6000, '#') + "\nexit 0\n", "\x89PNG\r\n" + std::string(300, 'p')};
  for (const std::string& stub : stubs) {
    for (const std::string name : {"setup.exe", "installer.run", "thing"}) {
      Collector collector;
      const Coverage coverage = unpack_bytes(stub + zip, name, collector);
      INFO(describe(coverage));
      CHECK(coverage.gaps.empty());
      CHECK(collector.holds_at(key, name + "!/settings/.env"));
    }
  }
  // A program that ends otherwise is none.
  Collector collector;
  unpack_bytes(stubs[0] + zip.substr(0, zip.size() - 1), "setup.exe", collector);
  CHECK(collector.all.empty());
}

TEST_CASE("uuencoded files are members, at the beginning of a text, in a mail, and as a mail's part") {
  const std::string key = random_key();
  const std::string content = "first line\nKIMI_API_KEY=" + key + "\n" + std::string(100, 'x') + "\n";
  const auto uuencode = [](const std::string& bytes, bool backquotes, bool cut_blanks) {
    std::string out;
    const auto digit = [&](unsigned value) { return value == 0 && backquotes ? '`' : static_cast<char>(' ' + value); };
    for (std::size_t at = 0; at < bytes.size(); at += 45) {
      const std::string line = bytes.substr(at, 45);
      std::string text(1, digit(static_cast<unsigned>(line.size())));
      for (std::size_t i = 0; i < line.size(); i += 3) {
        const auto byte = [&](std::size_t n) { return n < line.size() ? static_cast<unsigned char>(line[n]) : 0u; };
        const unsigned bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
        for (int shift = 18; shift >= 0; shift -= 6) text += digit(bits >> shift & 63);
      }
      if (cut_blanks) while (text.back() == ' ') text.pop_back();
      out += text + "\n";
    }
    return out + (backquotes ? "`" : " ") + "\nend\n";
  };
  for (const bool backquotes : {true, false}) {
    for (const bool cut_blanks : {false, true}) {
      const std::string file = "begin 644 my settings.env\n" + uuencode(content, backquotes, cut_blanks);
      Collector alone;
      CHECK(unpack_bytes(file + "text behind\n" + file, "a.txt", alone).gaps.empty());
      CHECK(alone.holds_at(key, "a.txt!/my settings.env"));
      CHECK(alone.all.size() == 2);
      Collector in_mail;
      unpack_bytes("From: a@example.org\nSubject: x\nMIME-Version: 1.0\n\nHello,\n\n" + file + "\nBye\n", "cur/1234", in_mail);
      CHECK(in_mail.holds_at(key, "cur/1234!/my settings.env"));
      Collector part;
      unpack_bytes("From: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; name=s.env\n"
                   "Content-Transfer-Encoding: x-uuencode\n\n" + file + "--b--\n", "m.eml", part);
      CHECK(part.holds_at(key, "m.eml!/s.env"));
    }
  }
  // Prose that begins so.
  Collector none;
  CHECK(unpack_bytes("begin 644 times\nand then stop, it is not much of a file\n", "b.txt", none).gaps.empty());
  CHECK(none.all.empty());
}
