// What is compressed in PDF files. Format source: ISO 32000-1 §7.3.8 (streams), §7.4 (filters),
// §7.5.7 (object streams), §9.4 (text). No parser of the whole format: every `stream` is looked at.
#pragma once

#include <string_view>

#include "scanner/source/container/unpacking.h"

namespace kimiguard::archive {

// Delivers each stream with FlateDecode, LZWDecode or RunLengthDecode (also below ASCII85Decode or
// ASCIIHexDecode), decoded, under "object N"; for page content, plain ones too, also its text, one level deeper under "text", because a typesetter cuts
// a word into pieces to place them. Streams of an encrypted file are set aside. Returns false if it met
// a gap.
bool read_pdf(container::Unpacking& unpacking, std::string_view bytes,
              const container::OriginPtr& origin, int depth);

// The strings that a page's content shows; exposed for tests. Glyph numbers of embedded fonts without
// a Latin encoding come out as they are.
std::string pdf_text(std::string_view content);

}  // namespace kimiguard::archive
