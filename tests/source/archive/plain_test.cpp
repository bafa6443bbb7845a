#include "scanner/source/archive/plain.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/source/archive/plain_check.h"
#include "tests/source/archive/plain_maker.h"
#include "tests/source/archive/writer.h"
#include "tests/source/store/support.h"
#include "tests/support/catch.h"

using namespace kimiguard;
using namespace kimiguard::testing;

namespace {

// What `plain` first gives, after a look that libarchive alone gives the same.
ReadOut checked(const std::string& bytes, const std::string& name, const container::Limits& limits = {}) {
  ReadOut plain = read_out(bytes, name, Readers::plain_first, limits);
  const ReadOut other = read_out(bytes, name, Readers::libarchive_only, limits);
  CHECK(difference(plain, other).empty());
  if (const std::string different = difference(plain, other); !different.empty()) WARN(name << ": " << different);
  return plain;
}

// Read to its end by `plain`.
ReadOut read_alone(const std::string& bytes, const std::string& name, std::uint64_t members) {
  ReadOut out = checked(bytes, name);
  INFO(name);
  CHECK(out.plain.ended);
  CHECK(out.plain.members == members);
  CHECK(out.gaps.empty());
  return out;
}

// Left to libarchive from the member of this number.
ReadOut handed_over(const std::string& bytes, const std::string& name, std::uint64_t from, const container::Limits& limits = {}) {
  ReadOut out = checked(bytes, name, limits);
  INFO(name);
  CHECK_FALSE(out.plain.ended);
  CHECK(out.plain.members == from);
  return out;
}

std::string extra(unsigned id, const std::string& data) { return little(id, 2) + little(data.size(), 2) + data; }

bool has(const std::string& program) { return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0; }

}  // namespace

TEST_CASE("an ordinary zip is read without libarchive") {
  const std::string key = random_key();
  const std::string text = random_text(5000) + key;
  SECTION("stored and deflated, folders, links, empty members") {
    const ReadOut out = read_alone(zip_of({{"folder/", ""},
                                           {"folder/stored.env", key + "1"},
                                           {"deflated.txt", text + "2", true},
                                           {"empty", ""},
                                           {"link", "target", false, false, 0, "", "", 0120777u << 16},
                                           {"times", key + "3", true, false, 0, extra(0x5455, std::string("\1abcd", 5)),
                                            extra(0x5455, std::string("\1abcd", 5))}}),
                                   "a.zip", 6);
    CHECK(out.bytes.size() == 3);
    CHECK(out.bytes.at("a.zip!/folder/stored.env") == key + "1");
    CHECK(out.bytes.at("a.zip!/deflated.txt") == text + "2");
    CHECK(out.bytes.at("a.zip!/times") == key + "3");
  }
  SECTION("sizes behind the data") {
    CHECK(read_alone(zip_of({{"a", text, true, true}, {"b", key, true, true}}), "a.zip", 2).bytes.at("a.zip!/b") == key);
  }
  SECTION("a comment behind the directory") {
    CHECK(read_alone(zip_of({{"a", key}}, "made by hand"), "a.zip", 1).bytes.at("a.zip!/a") == key);
  }
  SECTION("in pieces if it is large") {
    std::string large;
    while (large.size() < (5 << 20)) large += random_text(100) + "\n";
    CHECK(read_alone(zip_of({{"large", large, true}}), "a.zip", 1).places.size() > 4);
  }
  SECTION("one inside another") {
    const std::string inner = zip_of({{"x.env", key, true}});
    const ReadOut out = read_alone(zip_of({{"inner.zip", inner}, {"after", "x"}}), "a.zip", 2);
    CHECK(out.bytes.at("a.zip!/inner.zip!/x.env") == key);
    CHECK(out.archives == 2);
  }
}

TEST_CASE("a zip that is not ordinary is libarchive's from that member on") {
  const std::string key = random_key();
  const std::vector<ZipMember> before = {{"first", key + "1"}};
  const auto with = [&](ZipMember second) { return zip_of({before[0], std::move(second), {"third", key + "3"}}); };
  SECTION("Zip64") {
    ZipMember wide{"wide", key + "2"};
    wide.central_extra = wide.local_extra = extra(1, little(wide.bytes.size(), 8) + little(wide.bytes.size(), 8));
    wide.lie_packed = wide.lie_unpacked = static_cast<std::uint32_t>(0xFFFFFFFF - wide.bytes.size());
    const ReadOut out = handed_over(with(wide), "a.zip", 0);
    CHECK(out.gaps.empty());
    CHECK(out.bytes.at("a.zip!/wide") == key + "2");
    CHECK(out.bytes.at("a.zip!/third") == key + "3");
  }
  SECTION("other methods") {
    ZipMember odd{"odd", key + "2"};
    odd.method = 97;
    CHECK(handed_over(with(odd), "a.zip", 0).bytes.at("a.zip!/third") == key + "3");
  }
  SECTION("names that each reader would write in its own way") {
    for (const char* name : {"a\x1b[31m\nb", "\xe5\xaf\x86\xe9\x92\xa5.env", "dos\\name", "tab\there", "__MACOSX/._first"})
      handed_over(with({name, key + "2"}), "a.zip", 0);
    ZipMember renamed{"name", key + "2"};
    renamed.central_extra = extra(0x7075, "\1" + little(0, 4) + "other");
    handed_over(with(renamed), "a.zip", 0);
  }
  SECTION("another name in the local header") {
    ZipMember two_names{"name", key + "2"};
    two_names.local_name = "eman";
    CHECK(handed_over(with(two_names), "a.zip", 1).bytes.at("a.zip!/first") == key + "1");
  }
  SECTION("a script in front") { CHECK(handed_over("#!/bin/sh\n" + zip_of(before), "a.pyz", 0).bytes.at("a.pyz!/first") == key + "1"); }
  SECTION("bytes behind") { handed_over(zip_of(before) + "more", "a.zip", 0); }
  SECTION("members that overlap") {
    std::string twice = zip_of({{"a", key}, {"b", key}});
    const std::size_t second = twice.rfind("PK\x01\x02");
    twice.replace(second + 42, 4, little(0, 4));
    handed_over(twice, "a.zip", 0);
  }
  SECTION("a compressed file among them") {
    const ReadOut out = handed_over(with({"log.gz", compress("gzip", key + "2")}), "a.zip", 1);
    CHECK(out.bytes.at("a.zip!/log.gz!/log") == key + "2");
    CHECK(out.bytes.at("a.zip!/first") == key + "1");
    CHECK(out.places.size() == 3);
  }
  SECTION("a member that is not held") {
    handed_over(with({"large", std::string(kimiguard::archive::kPlainMember + 1, 'x'), true}), "a.zip", 1);
  }
}

TEST_CASE("encrypted members of a zip are named without libarchive") {
  const std::string key = random_key();
  const ReadOut made = checked(make_archive("zip", {{"hidden.env", key}}, {"", "zip:encryption=zipcrypt", "pass"}), "a.zip");
  CHECK(made.gaps.size() == 1);
  ZipMember hidden{"hidden.env", random_bytes(40)};
  hidden.flags = 1;
  hidden.lie_unpacked = static_cast<std::uint32_t>(-12);
  const ReadOut out = checked(zip_of({hidden, {"open", key}}), "a.zip");
  CHECK(out.plain.ended);
  REQUIRE(out.gaps.size() == 1);
  CHECK(out.gaps[0] == std::string(name(GapKind::set_aside)) + " encrypted a.zip!/hidden.env x1");
  CHECK(out.bytes.at("a.zip!/open") == key);
}

TEST_CASE("what a zip says falsely is found out by libarchive, and nothing is read twice") {
  const std::string key = random_key();
  const auto lie = [&](auto change, bool deflate) {
    ZipMember second{"second", key + "2" + std::string(300, 'x'), deflate};
    change(second);
    const ReadOut out = handed_over(zip_of({{"first", key + "1"}, second, {"third", key + "3"}}), "a.zip", 1);
    CHECK(out.bytes.at("a.zip!/first") == key + "1");
    return out;
  };
  for (const bool deflate : {false, true}) {
    // The bytes are there all the same.
    const ReadOut out = lie([](ZipMember& m) { m.lie_crc = 1; }, deflate);
    CHECK(out.bytes.at("a.zip!/second").find(key) == 0);
  }
  lie([](ZipMember& m) { m.lie_unpacked = 7; }, true);
  lie([](ZipMember& m) { m.lie_unpacked = static_cast<std::uint32_t>(-7); }, true);
  lie([](ZipMember& m) { m.lie_packed = static_cast<std::uint32_t>(-3); }, true);
  // Its header claims gigabytes: nothing of that size is made.
  lie([](ZipMember& m) { m.lie_unpacked = 0xF0000000; }, true);
}

TEST_CASE("an ordinary tar is read without libarchive") {
  const std::string key = random_key();
  const std::string long_name = "folder/" + random_text(180) + ".env";
  SECTION("ustar") {
    const ReadOut out = read_alone(tar_of({{"folder/", "", '5'},
                                           {"folder/a.env", key + "1"},
                                           {"empty", ""},
                                           {"link", "", '2'},
                                           {"hard", "", '1'},
                                           {random_text(100), "of a hundred letters"},
                                           {"last", key + "2", '0', false, "in/a/prefix"}}),
                                   "a.tar", 7);
    CHECK(out.bytes.at("a.tar!/folder/a.env") == key + "1");
    CHECK(out.bytes.at("a.tar!/in/a/prefix/last") == key + "2");
    CHECK(out.bytes.size() == 3);
  }
  SECTION("pax") {
    const std::string records = pax_record("path", long_name) + pax_record("mtime", "1.5");
    const ReadOut out = read_alone(tar_of({{"pax_global_header", pax_record("comment", random_text(40)), 'g'},
                                           {"PaxHeaders/x", records, 'x'},
                                           {"short", key},
                                           {"after", "x"}}),
                                   "a.tar", 2);
    CHECK(out.bytes.at("a.tar!/" + long_name) == key);
  }
  SECTION("GNU") {
    const ReadOut out = read_alone(tar_of({{"././@LongLink", long_name + std::string(1, '\0'), 'L', true},
                                           {long_name, key, '0', true},
                                           {"after", "x", '0', true}}),
                                   "a.tar", 2);
    CHECK(out.bytes.at("a.tar!/" + long_name) == key);
  }
  SECTION("as libarchive writes them") {
    for (const char* format : {"ustar", "gnutar", "pax", "v7tar"}) {
      INFO(format);
      const ReadOut out = read_alone(make_archive(format, {{"a", key}, {"b", random_bytes(20000)}}), "a.tar", 2);
      CHECK(out.bytes.at("a.tar!/a") == key);
    }
  }
  SECTION("a zip inside") {
    const ReadOut out = read_alone(tar_of({{"inner.zip", zip_of({{"x", key, true}})}}), "a.tar", 1);
    CHECK(out.bytes.at("a.tar!/inner.zip!/x") == key);
  }
}

TEST_CASE("a tar that is not ordinary is libarchive's from that member on") {
  const std::string key = random_key();
  const auto after_first = [&](const std::string& second) {
    return handed_over(tar_member({"first", key + "1"}) + second + tar_of({{"third", key + "3"}}), "a.tar", 1);
  };
  SECTION("sparse, as GNU wrote it once") {
    const std::string map = octal(0, 11) + std::string(1, '\0') + octal(512, 11);
    const ReadOut out = after_first(tar_member({"holes", key + "2", 'S', true, "", 0, map}));
    CHECK(out.bytes.at("a.tar!/third") == key + "3");
  }
  SECTION("sparse, in pax") {
    after_first(tar_member({"x", pax_record("GNU.sparse.major", "1") + pax_record("GNU.sparse.minor", "0"), 'x'}) +
                tar_member({"holes", "1\n0\n" + key}));
  }
  SECTION("names that each reader would write in its own way") {
    for (const char* name : {"a\x1b[31m\nb", "\xe5\xaf\x86.env", "dos\\name"}) {
      after_first(tar_member({name, key + "2"}));
      after_first(tar_member({"x", pax_record("path", name), 'x'}) + tar_member({"y", key + "2"}));
    }
  }
  SECTION("a pax header of something else") {
    after_first(tar_member({"x", pax_record("hdrcharset", "BINARY"), 'x'}) + tar_member({"y", key + "2"}));
    after_first(tar_member({"x", "99999 path=y\n", 'x'}) + tar_member({"y", key + "2"}));
    after_first(tar_member({"x", "no record", 'x'}) + tar_member({"y", key + "2"}));
  }
  SECTION("a wrong checksum") {
    std::string wrong = tar_member({"second", key + "2"});
    wrong[3] = 'X';
    CHECK(after_first(wrong).gaps.size() == 1);
  }
  SECTION("a tar inside, which is read as a stream") {
    CHECK(after_first(tar_member({"inner.tar", tar_of({{"x", key + "2"}})})).bytes.at("a.tar!/inner.tar!/x") == key + "2");
  }
  SECTION("a size in base 256") {
    std::string large = tar_member({"second", key + "2"});
    large.replace(124, 12, std::string("\x80\0\0\0\0\0\0\0\0\0\0", 11) + static_cast<char>(key.size() + 1));
    CHECK(after_first(with_checksum(large)).bytes.at("a.tar!/second") == key + "2");
  }
  SECTION("an owner that is no number, whose tar libarchive does not take for one if it is the first") {
    std::string owned = tar_member({"second", key + "2"});
    owned.replace(108, 7, "nobody ");
    after_first(with_checksum(owned));
    CHECK(handed_over(with_checksum(owned), "a.tar", 0).gaps.size() == 1);
  }
}

TEST_CASE("archives that are cut short give what is there, and a gap") {
  std::vector<ZipMember> zipped;
  std::vector<TarMember> tarred;
  std::vector<std::string> keys;
  for (int i = 0; i < 10; ++i) {
    keys.push_back(random_key());
    zipped.push_back({"m" + std::to_string(i), keys.back() + random_bytes(3000), i % 2 == 0});
    tarred.push_back({"m" + std::to_string(i), keys.back() + random_bytes(3000)});
  }
  for (const bool zip : {true, false}) {
    const std::string whole = zip ? zip_of(zipped) : tar_of(tarred);
    for (std::size_t cut = 600; cut < whole.size(); cut += 373) {
      INFO((zip ? "zip " : "tar ") << cut);
      const ReadOut out = checked(whole.substr(0, cut), zip ? "a.zip" : "a.tar");
      // Neither reader says anything about a tar that ends between two members, or a zip without its directory's end.
      const std::size_t members_end = zip ? whole.find("PK\x01\x02") : whole.size() - 1024;
      CHECK((!out.gaps.empty() || cut >= members_end || (!zip && cut % 512 == 0)));
      CHECK(out.bytes.count(zip ? "a.zip!/m0" : "a.tar!/m0") == (zip && cut < 3200 ? out.bytes.count("a.zip!/m0") : 1));
    }
  }
  // A member without its end is still a document.
  const ReadOut out = checked(tar_of(tarred).substr(0, 512 + 1000), "a.tar");
  CHECK(out.plain.ended);
  CHECK(out.bytes.at("a.tar!/m0").find(keys[0]) == 0);
  CHECK(out.gaps == std::vector<std::string>{std::string(name(GapKind::not_parsed)) + " damaged a.tar!/m0 x1"});
}

TEST_CASE("limits hold as they do for libarchive") {
  const std::string key = random_key();
  const std::vector<TarMember> tarred = {{"a", "1" + key}, {"b", std::string(200'000, 'b')}, {"c", "3"}, {"d", "4"}};
  std::vector<ZipMember> zipped;
  for (const TarMember& one : tarred) zipped.push_back({one.name, one.bytes, true});
  for (const bool zip : {true, false}) {
    const std::string bytes = zip ? zip_of(zipped) : tar_of(tarred);
    const std::string name = zip ? "a.zip" : "a.tar";
    INFO(name);
    container::Limits limits;
    limits.members = 3;
    CHECK(checked(bytes, name, limits).gaps.size() == 1);
    limits = {};
    limits.member_bytes = 100'000;
    CHECK(checked(bytes, name, limits).gaps.size() == 1);
    limits = {};
    limits.total_bytes = 100'000;
    CHECK(checked(bytes, name, limits).gaps.size() == 1);
    limits = {};
    limits.held_bytes = 1000;  // then libarchive streams it
    CHECK(checked(bytes, name, limits).bytes.at(name + "!/a") == "1" + key);
    limits = {};
    limits.depth = 2;
    const std::string three = zip_of({{"x.zip", zip_of({{"y.zip", zip_of({{"z", key}})}})}});
    CHECK(checked(three, "three.zip", limits).gaps.size() == 1);
  }
  // A bomb: bounded where libarchive bounds it.
  container::Limits limits;
  limits.ratio_from = 1 << 20;
  std::vector<ZipMember> zeros;
  for (int i = 0; i < 10; ++i) zeros.push_back({"zeros" + std::to_string(i), std::string(1 << 20, '\0'), true});
  CHECK(checked(zip_of(zeros), "bomb.zip", limits).gaps.size() == 1);
}

TEST_CASE("archives that programs make are read without libarchive") {
  const TempFolder folder;
  const std::string key = random_key();
  const std::string long_name = std::string(90, 'l') + "/" + std::string(90, 'n') + ".env";
  std::filesystem::create_directories(folder / ("in/" + std::string(90, 'l')));
  write_file(folder / "in/a.env", key + "1");
  write_file(folder / ("in/" + long_name), random_text(4000) + key + "2");
  write_file(folder / "in/empty", "");
  std::filesystem::create_symlink("a.env", folder / "in/link");
  std::filesystem::create_hard_link(folder / "in/a.env", folder / "in/hard");
  struct Program {
    const char* program;
    const char* arguments;  // run in the folder `in`
    const char* file;
    bool alone = true;
  };
  for (const Program& one : {Program{"zip", "-q -r ../z.zip .", "z.zip"}, Program{"zip", "-q -r -y -0 ../y.zip .", "y.zip"},
                             Program{"python3", "-m zipfile -c ../p.zip a.env empty " , "p.zip"},
                             Program{"jar", "cf ../j.jar .", "j.jar"}, Program{"bsdtar", "-cf ../b.tar .", "b.tar"},
                             Program{"bsdtar", "-c --format zip -f ../b.zip .", "b.zip", false},
                             Program{"tar", "-cf ../g.tar .", "g.tar"}, Program{"tar", "--format=pax -cf ../x.tar .", "x.tar"},
                             Program{"tar", "--format=ustar -cf ../u.tar .", "u.tar"},
                             Program{"tar", "--format=v7 --exclude='l*' -cf ../v.tar .", "v.tar"}}) {
    if (!has(one.program)) continue;
    INFO(one.program << " " << one.arguments);
    REQUIRE(std::system(("cd " + folder / "in" + " && " + one.program + " " + one.arguments).c_str()) == 0);
    const std::string bytes = read_file(folder / one.file);
    const ReadOut out = checked(bytes, one.file);
    CHECK(out.gaps.empty());
    CHECK(out.plain.ended == one.alone);
    std::size_t found = 0;
    for (const auto& [place, content] : out.bytes) found += content.find(key) != std::string::npos;
    CHECK(found >= 1);
  }
}

TEST_CASE("whatever is changed in an archive, both readers agree") {
  const std::vector<std::string> archives = {
      zip_of({{"a", random_text(300)}, {"folder/", ""}, {"b", random_text(2000), true}, {"c", random_text(900), true, true}}),
      tar_of({{"a", random_text(700)},
              {"x", pax_record("path", "long"), 'x'},
              {"b", random_text(300)},
              {"././@LongLink", "gnu", 'L', true},
              {"c", random_text(10), '0', true}})};
  for (const std::string& archive : archives) {
    for (int round = 0; round < 400; ++round) {
      std::string broken = archive;
      for (std::uint64_t left = 1 + random_source()() % 4; left > 0; --left)
        broken[4 + random_source()() % (broken.size() - 4)] = static_cast<char>(random_source()());
      const ReadOut plain = read_out(broken, "x", Readers::plain_first);
      const std::string different = difference(plain, read_out(broken, "x", Readers::libarchive_only));
      INFO(different);
      CHECK(different.empty());
    }
  }
}
