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

// Joins string literals that source code joins: "a" + "b", 'a' . 'b', "a" .. "b", "a" & "b", "a" || "b",
// adjacent literals, over lines too, and the arguments of a join( or concat( call.
std::optional<View> join_literals(std::string_view bytes, Span window);

// Joins a word that a terminal or an editor broke: the line ends in a key character at a usual width (or
// at the width of other lines around) and the next begins with one. Only breaks within `near` count.
std::optional<View> join_lines(std::string_view bytes, Span window, Span near);

}  // namespace kimiguard::text
