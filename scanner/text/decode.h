// Decoders that turn one window of a document into a View. Each gives none where nothing in the window
// is encoded. All are linear, allocate no more than the window, and never fail: what is no escape
// stays as it is.
#pragma once

#include <optional>
#include <string_view>

#include "scanner/core/span.h"
#include "scanner/text/position.h"
#include "scanner/text/view.h"

namespace kimiguard::text {

// UTF-16 or UTF-32 (or UTF-8 with a byte order mark, which is taken out) as UTF-8, from window.begin in
// whole units. Broken units become U+FFFD. REQUIRES: form is not binary.
View decode_units(std::string_view bytes, Span window, TextForm form);

// Whether UTF-16 of ASCII is little-endian where no byte order mark tells: text of one byte order is text of the other, read
// one byte further. `text` is where it reads so in either; text around it, which begins with a whole character, decides.
bool reads_little_endian(std::string_view bytes, Span text);
// The same; nothing where what stands around does not tell either.
std::optional<bool> tells_little_endian(std::string_view bytes, Span text);
// The same for UTF-32, one of whose ASCII characters stands at `at`.
bool reads_little_endian_32(std::string_view bytes, std::uint64_t at);

// Backslash escapes of JSON, JavaScript, C, Python, Java, YAML and shells: \" \' \\ \/ \n \r \t \b \f \v
// \a \e \0, octal \055, \x2d, \x{2d}, \u002d (surrogate pairs joined), \u{2d}, \U0000002d; a backslash
// before a line end takes both out with the blanks after them; before anything else it is dropped. One
// level. The view is named "json" where every escape is one of JSON's (RFC 8259 §7), else "escape".
std::optional<View> decode_escapes(std::string_view bytes, Span window);

// %2D (RFC 3986 §2.1) and %u002D (ECMAScript B.2.1). One level.
std::optional<View> decode_percent(std::string_view bytes, Span window);

// Character references of HTML and XML: decimal, hexadecimal, and the names of ASCII characters.
std::optional<View> decode_html(std::string_view bytes, Span window);

// Quoted-printable (RFC 2045 §6.7): =3D and soft line breaks.
std::optional<View> decode_quoted_printable(std::string_view bytes, Span window);

// Takes out terminal control sequences (ECMA-48 CSI and OSC, also written as ^[[…).
std::optional<View> strip_ansi(std::string_view bytes, Span window);

// Whether a program went back in a line of what it wrote to a terminal: with backspaces, or with "\r" where the screen ended.
bool goes_back(std::string_view line);
// What such lines show in the end. Named "terminal".
std::optional<View> decode_terminal(std::string_view bytes, Span window);

// Joins string literals that source code joins: "a" + "b", 'a' . 'b', "a" .. "b", "a" & "b", "a" || "b",
// adjacent literals, over lines too, and the arguments of a join( or concat( call.
std::optional<View> join_literals(std::string_view bytes, Span window);

// Joins a word that a terminal or an editor broke: the line ends in a key character at a usual width (or
// at the width of other lines around) and the next begins with one. Only breaks within `near` count.
std::optional<View> join_lines(std::string_view bytes, Span window, Span near);

// Takes out characters that are not seen: zero width space, joiners and marks, word joiner, soft hyphen, byte order
// mark, variation selectors. Named "invisible".
std::optional<View> strip_invisible(std::string_view bytes, Span window);

// Typographic quotation marks (curly, low, angle, corner and full-width ones) as the ones that are typed. Only what stands
// around a key is read so. Named "quotes".
std::optional<View> fold_quotes(std::string_view bytes, Span window);

// Takes out tags that only change how text looks: HTML's b, i, em, span, code, font, wbr …, and the runs of Office's
// and OpenDocument's paragraphs (w:, a:, r, t, text:span), with the properties that stand between two runs. Tags that end a
// paragraph, a line or a cell stay, so that two words are never joined that a reader sees apart. Named "markup".
std::optional<View> strip_markup(std::string_view bytes, Span window);

// Whether a text is a hex dump from its first lines on: xxd, hexdump (-C or not), od -A x -t x1. Each line begins with an
// offset, and the first two offsets say how many bytes a line has.
bool is_dump(std::string_view bytes);
// The bytes that the dump shows. Where offsets do not follow each other, a line end. Named "hex-dump".
View decode_dump(std::string_view bytes, Span window);

// Whether a text is a terminal recording of asciinema, version 2 or 3: JSON lines, the first of them a header.
bool is_recording(std::string_view bytes);
// What its output events (["time", "o", "text"]) write, one behind the other; still escaped as in JSON strings. Named
// "recording".
View decode_recording(std::string_view bytes, Span window);

}  // namespace kimiguard::text
