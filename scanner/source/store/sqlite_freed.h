// What deleted rows leave in a page: the space between the cell pointers and the cells, and the
// blocks between cells. Format source: https://www.sqlite.org/fileformat2.html §1.6.
//
// SQLite takes a cell out of its page by writing four bytes over its start: where the next free block
// is, and how many bytes this one has. Blocks that meet are joined, and keep such marks inside. So of a
// deleted row
// * the whole cell may be there (in a page that was freed with its rows): lengths that agree with each
//   other to the byte say so. Its columns are cut and named like those of a row: "(free space of page N)",
//   rowid, (I);
// * or all but those four bytes: payload length, rowid, header length, mostly the type of the first
//   column, which is the rowid's own and has no value. Types whose sizes reach to the byte where the
//   block, or the next cell, ends or begins are certain: columns are cut, (I) counts from the first type left;
// * or its values only, one behind the other with nothing between: the rest of the space is one more
//   document, marked Document::joined.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scanner/source/store/sqlite_pages.h"

namespace kimiguard::store {

enum class PageUse { b_tree, free };

// `page` are all bytes of page `number`, of which `usable` hold the format's structures; of a free page
// every byte is free space, whatever its old header says. `label` is "page" or "log page".
void read_free_space(container::Unpacking& unpacking, std::string_view page, std::uint32_t number,
                     std::uint32_t usable, PageUse use, const container::OriginPtr& origin,
                     const std::string& label, const Value& value);

}  // namespace kimiguard::store
