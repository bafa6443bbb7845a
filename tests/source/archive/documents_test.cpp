// Formats with readers of our own: asar, PDF, property lists, mail.
#include <libdeflate.h>

#include <map>

#include "scanner/source/archive/pdf.h"
#include "scanner/source/unpack/unpack.h"
#include "tests/source/archive/writer.h"
#include "tests/source/store/support.h"
#include "tests/support/catch.h"

using namespace kimiguard;
using namespace kimiguard::testing;

namespace {

std::string le32(std::uint32_t n) {
  std::string s;
  for (int i = 0; i < 4; ++i) s += static_cast<char>(n >> (8 * i) & 0xFF);
  return s;
}

std::string asar_of(const std::string& json, const std::string& data) {
  const auto padded = static_cast<std::uint32_t>((json.size() + 3) / 4 * 4);
  std::string header = le32(padded + 4) + le32(static_cast<std::uint32_t>(json.size())) + json;
  header.resize(8 + padded, '\0');
  return le32(4) + le32(static_cast<std::uint32_t>(header.size())) + header + data;
}

std::string zlib_of(const std::string& bytes) {
  libdeflate_compressor* c = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_zlib_compress_bound(c, bytes.size()), '\0');
  out.resize(libdeflate_zlib_compress(c, bytes.data(), bytes.size(), out.data(), out.size()));
  libdeflate_free_compressor(c);
  return out;
}

std::string base64_of(const std::string& in) {
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < in.size(); i += 3) {
    std::uint32_t v = 0;
    for (std::size_t k = 0; k < 3; ++k)
      v = v << 8 | (i + k < in.size() ? static_cast<unsigned char>(in[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k <= in.size() ? kLetters[v >> (18 - 6 * k) & 63] : '=';
    if (out.size() % 77 == 76) out += "\r\n";
  }
  return out;
}

std::string wrap_quoted(const std::string& text) {
  std::string out;
  std::size_t column = 0;
  for (const char c : text) {
    if (column >= 70) {
      out += "=\r\n";
      column = 0;
    }
    if (c == '=')
      out += "=3D", column += 3;
    else
      out += c, ++column;
  }
  return out;
}

Coverage unpack_bytes(std::string_view bytes, const std::string& name, Collector& collector) {
  return unpack::read_bytes(bytes, origin_of(name), {}, collector.sink());
}

}  // namespace

TEST_CASE("asar members are delivered, and archives among them opened") {
  const std::string key = random_key();
  const std::string deep = random_key();
  const std::string zip = make_archive("zip", {{"in.js", deep}});
  const std::string first = "const key='" + key + "'";
  const std::string json =
      "{\"files\":{\"src\":{\"files\":{\"a.js\":{\"size\":" + std::to_string(first.size()) +
      ",\"offset\":\"0\"}}},\"b.zip\":{\"size\":" + std::to_string(zip.size()) + ",\"offset\":\"" +
      std::to_string(first.size()) + "\"},\"native.node\":{\"size\":5,\"unpacked\":true}}}";
  const std::string bytes = asar_of(json, first + zip);
  Collector seen;
  const Coverage coverage = unpack_bytes(bytes, "app.asar", seen);
  CHECK(coverage.gaps.empty());
  CHECK(seen.places_of(key) == std::vector<std::string>{"app.asar!/src/a.js"});
  CHECK(seen.places_of(deep) == std::vector<std::string>{"app.asar!/b.zip!/in.js"});

  const TempFolder folder;
  write_file(folder / "app.asar", bytes);
  Collector file;
  unpack::read_file(folder / "app.asar", origin_of("app.asar"), {}, file.sink());
  CHECK(file.holds(key));
  CHECK(file.holds(deep));

  Collector cut;
  CHECK(has_gap(unpack_bytes(bytes.substr(0, bytes.size() - 10), "app.asar", cut), "damaged"));
  CHECK(cut.holds(key));
  Collector nonsense;
  CHECK(has_gap(unpack_bytes(asar_of("{\"files\":{\"a\":{\"size\":-1,\"offset\":\"x\"}}}", ""), "a.asar",
                             nonsense),
                "damaged"));
  CHECK(has_gap(unpack_bytes(asar_of("{\"files\":" + std::string(100'000, '['), ""), "a.asar", nonsense),
                "damaged"));
}

namespace {

// A plain LZW coder of PDF: codes grow from 9 to 12 bits, `early` one code before they must.
std::string lzw_of(const std::string& in, bool early) {
  std::map<std::string, unsigned> table;
  unsigned next = 258, width = 9, bits = 0, have = 0;
  std::string out;
  const auto put = [&](unsigned code) {
    bits = bits << width | code;
    for (have += width; have >= 8;) {
      have -= 8;
      out += static_cast<char>(bits >> have & 0xFF);
    }
    bits &= (1u << have) - 1;
  };
  const auto code_of = [&](const std::string& text) { return text.size() == 1 ? static_cast<unsigned char>(text[0]) : table.at(text); };
  put(256);
  std::string word;
  for (const char c : in) {
    if (word.empty() || table.contains(word + c)) {
      word += c;
      continue;
    }
    put(code_of(word));
    table[word + c] = next++;
    if (next + (early ? 1 : 0) > 1u << width) ++width;
    if (next >= 4093) {
      put(256);
      table.clear();
      next = 258;
      width = 9;
    }
    word = c;
  }
  put(code_of(word));
  ++next;
  if (next + (early ? 1 : 0) > 1u << width && width < 12) ++width;
  put(257);
  if (have > 0) out += static_cast<char>(bits << (8 - have) & 0xFF);
  return out;
}

}  // namespace

TEST_CASE("PDF streams in LZW and run lengths are decoded, and a plain page says what it shows") {
  const std::string early = random_key();
  const std::string late = random_key();
  const std::string runs = random_key();
  const std::string plain = random_key();
  std::string pdf = "%PDF-1.4\n";
  int number = 0;
  const auto add = [&](const std::string& dictionary, const std::string& data) {
    pdf += std::to_string(++number) + " 0 obj\n<< " + dictionary + " >>\nstream\n" + data + "\nendstream\nendobj\n";
  };
  std::string filler;
  while (filler.size() < 60'000) filler += random_text(50) + " aaaaaaaaaaaa\n";
  add("/Filter /LZWDecode", lzw_of(filler + early + " " + filler, true));
  add("/Filter /LZWDecode /DecodeParms << /EarlyChange 0 >>", lzw_of(filler + late + " end", false));
  std::string lengths;
  const std::string text = "key " + runs + "\n";
  lengths += static_cast<char>(text.size() - 1);
  lengths += text;
  lengths += std::string("\xF0z\x80");
  add("/Filter /RunLengthDecode", lengths);
  add("/Length 1", "BT [(" + plain.substr(0, 30) + ") -3 (" + plain.substr(30) + ")] TJ ET");
  Collector seen;
  CHECK(unpack_bytes(pdf, "old.pdf", seen).gaps.empty());
  CHECK(seen.holds_at(early, "old.pdf!/object 1"));
  CHECK(seen.holds_at(late, "old.pdf!/object 2"));
  CHECK(seen.holds_at(runs, "old.pdf!/object 3"));
  CHECK(seen.holds_at("key " + runs + "\n" + std::string(17, 'z'), "object 3"));
  CHECK(seen.holds_at(plain, "old.pdf!/object 4!/text"));
  // Damage ends a stream, and nothing more.
  Collector broken;
  unpack_bytes("%PDF-1.4\n1 0 obj\n<< /Filter /LZWDecode >>\nstream\n" + random_bytes(5000) + "\nendstream\n", "x.pdf", broken);
}

TEST_CASE("mail is known by its headers and an extension of a browser by its mark, whatever their names") {
  const std::string key = random_key();
  const std::string mail = "Return-Path: <a@example.org>\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
                           "Content-Transfer-Encoding: base64\r\n\r\n" + base64_of("the key is " + key + "\n") + "\r\n";
  Collector seen;
  CHECK(unpack_bytes(mail, "cur/1700000000.M1P2.host:2,S", seen).gaps.empty());
  CHECK(seen.holds(key));
  Collector text;
  unpack_bytes("Subject: mail without MIME\r\n\r\ntext\r\n", "notes", text);
  CHECK(text.all.empty());

  Collector extension;
  const std::string zip = make_archive("zip", {{"background.js", "const key = '" + key + "';"}});
  CHECK(unpack_bytes("Cr24" + le32(3) + le32(7) + "header!" + zip, "downloaded", extension).gaps.empty());
  CHECK(extension.holds_at(key, "background.js"));
}

TEST_CASE("compressed PDF streams are inflated and words cut by the typesetter joined") {
  const std::string key = random_key();
  const std::string shown = random_key();
  const std::string hidden = random_key();
  const std::string content = "BT /F1 12 Tf 72 700 Td [(" + shown.substr(0, 20) + ") -13 (" +
                              shown.substr(20) + ")] TJ 0 -14 Td (next \\(line\\)) Tj ET";
  const std::string object_stream = "1 0 2 40 << /Key (" + key + ") >>";
  std::string pdf = "%PDF-1.7\n";
  const auto add = [&](int number, const std::string& dictionary, const std::string& data) {
    pdf += std::to_string(number) + " 0 obj\n<< " + dictionary + " /Length " +
           std::to_string(data.size()) + " >>\nstream\n" + data + "\nendstream\nendobj\n";
  };
  add(4, "/Filter /FlateDecode", zlib_of(content));
  add(5, "/Type /ObjStm /N 2 /First 8 /Filter [/FlateDecode]", zlib_of(object_stream));
  // ASCII85 of a zlib stream, as ReportLab writes it.
  std::string ascii85;
  {
    const std::string packed = zlib_of("(" + hidden + ")");
    for (std::size_t i = 0; i < packed.size(); i += 4) {
      const std::size_t n = std::min<std::size_t>(4, packed.size() - i);
      std::uint32_t v = 0;
      for (std::size_t k = 0; k < 4; ++k)
        v = v << 8 | (k < n ? static_cast<unsigned char>(packed[i + k]) : 0u);
      std::string five(5, ' ');
      for (std::size_t k = 5; k-- > 0; v /= 85) five[k] = static_cast<char>('!' + v % 85);
      ascii85 += n == 4 && five == "!!!!!" ? "z" : five.substr(0, n + 1);
    }
    ascii85 += "~>";
  }
  add(6, "/Filter [ /ASCII85Decode /FlateDecode ]", ascii85);
  add(7, "/Filter /DCTDecode", random_bytes(100));
  Collector seen;
  const Coverage coverage = unpack_bytes(pdf, "invoice.pdf", seen);
  CHECK(coverage.gaps.empty());
  CHECK(seen.holds_at(key, "invoice.pdf!/object 5"));
  CHECK(seen.holds_at(shown, "invoice.pdf!/object 4!/text"));
  CHECK(seen.holds_at(hidden, "invoice.pdf!/object 6"));
  CHECK(kimiguard::archive::pdf_text(content) == shown + "\nnext (line)\n");

  std::string damaged = pdf;
  damaged[damaged.find("stream\n") + 20] ^= 0x55;
  Collector broken;
  CHECK(has_gap(unpack_bytes(damaged, "a.pdf", broken), "damaged"));
  CHECK(broken.holds(key));
  Collector encrypted;
  const Coverage aside = unpack_bytes(pdf + "trailer << /Encrypt 9 0 R >> 9 0 obj <</Filter/Standard>>",
                                      "a.pdf", encrypted);
  CHECK(has_gap(aside, "encrypted"));
  CHECK_FALSE(aside.has(GapKind::unreadable));
}

TEST_CASE("binary property lists give their strings beside their keys") {
  const std::string ascii = random_key();
  const std::string wide = random_key();
  const auto string_object = [](const std::string& text) {
    return std::string("\x5F\x10", 2) + static_cast<char>(text.size()) + text;
  };
  std::string utf16;
  for (const char c : wide) utf16 += std::string(1, '\0') + c;
  // { "OPENAI_API_KEY": ascii, "other": wide, "blob": data }
  std::vector<std::string> objects = {
      std::string("\xD3\x01\x02\x03\x04\x05\x06", 7),
      string_object("OPENAI_API_KEY"),
      "\x55other",
      "\x54"
      "blob",
      string_object(ascii),
      std::string("\x6F\x10", 2) + static_cast<char>(wide.size()) + utf16,
      std::string("\x44", 1) + "data"};
  std::string bytes = "bplist00";
  std::string offsets;
  for (const std::string& object : objects) {
    offsets += static_cast<char>(bytes.size() >> 8);
    offsets += static_cast<char>(bytes.size() & 0xFF);
    bytes += object;
  }
  const std::size_t table = bytes.size();
  const auto be64 = [](std::uint64_t n) {
    std::string s;
    for (int shift = 56; shift >= 0; shift -= 8) s += static_cast<char>(n >> shift & 0xFF);
    return s;
  };
  bytes += offsets + std::string(6, '\0') + "\x02\x01" + be64(objects.size()) + be64(0) + be64(table);
  Collector seen;
  const Coverage coverage = unpack_bytes(bytes, "com.app.plist", seen);
  CHECK(coverage.gaps.empty());
  CHECK(seen.holds_at("OPENAI_API_KEY = " + ascii + "\n", "com.app.plist!/(strings)"));
  CHECK(seen.holds("other = " + wide + "\n"));
  CHECK(seen.holds_at("data", "(data 6)"));
  for (int round = 0; round < 300; ++round) {
    std::string broken = bytes;
    for (int i = 0; i < 4; ++i)
      broken[8 + random_source()() % (broken.size() - 8)] = static_cast<char>(random_source()());
    Collector none;
    unpack_bytes(broken, "x.plist", none);
  }
}

TEST_CASE("encoded parts of mails are delivered, archives among them opened") {
  const std::string attached = random_key();
  const std::string quoted = random_key();
  const std::string zipped = random_key();
  const std::string mail =
      "From: a@example.com\r\nSubject: keys\r\nMIME-Version: 1.0\r\n"
      "Content-Type: multipart/mixed;\r\n boundary=\"outer\"\r\n\r\npreamble\r\n--outer\r\n"
      "Content-Type: multipart/alternative; boundary=inner\r\n\r\n--inner\r\n"
      "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
      wrap_quoted("here it is: KIMI_API_KEY=" + quoted + " and so on and on and on") +
      "\r\n--inner--\r\n--outer\r\nContent-Type: application/octet-stream; name=\"x\"\r\n"
      "Content-Disposition: attachment; filename=\"config.env\"\r\nContent-Transfer-Encoding: "
      "BASE64\r\n\r\n" +
      base64_of("A=1\nKEY=" + attached) +
      "\r\n--outer\r\nContent-Disposition: attachment; filename=b.zip\r\nContent-Transfer-Encoding: "
      "base64\r\n\r\n" +
      base64_of(make_archive("zip", {{"deep.txt", zipped}})) + "\r\n--outer--\r\n";
  Collector seen;
  const Coverage coverage = unpack_bytes(mail, "m.eml", seen);
  CHECK(coverage.gaps.empty());
  CHECK(seen.holds_at(quoted, "m.eml!/part 1.1.1"));
  CHECK(seen.holds_at(attached, "m.eml!/config.env"));
  CHECK(seen.holds_at(zipped, "m.eml!/b.zip!/deep.txt"));

  Collector box;
  unpack_bytes("From a Mon\n" + mail + "\nFrom b Tue\n" + mail.substr(0, mail.size() - 20), "old.mbox",
               box);
  CHECK(box.places_of(attached).size() == 2);
  std::string deep;
  for (int i = 0; i < 2000; ++i)
    deep += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\n\n--b" +
            std::to_string(i) + "\n";
  Collector none;
  CHECK(has_gap(unpack_bytes(deep, "deep.eml", none), "limit"));
}
