// The only place that includes toml++, so that every file compiles it alike.
//
// It is all headers, and parts of it (toml::impl::error_builder) are the same to the linker whatever the
// options: two files with different ones gave a program in which a parse error returned where it should
// have thrown, and crashed. So: no exceptions anywhere. And no assertions: some are false for input that is
// merely wrong ("[:x]"), where the code after them reports an error as it should; without NDEBUG they abort,
// and clang takes them for promises.
#pragma once

#ifdef TOMLPLUSPLUS_H
#error "include scanner/core/toml_library.h, never toml++ itself"
#endif
#define TOML_EXCEPTIONS 0
#if __has_include(<toml++/impl/preprocessor.hpp>)  // toml++ 3.4 (Debian 13)
#include <toml++/impl/preprocessor.hpp>
#else
#include <toml++/impl/preprocessor.h>
#endif
#undef TOML_ASSERT
#undef TOML_ASSERT_ASSUME
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_ASSERT_ASSUME(expression) static_assert(true)
#if __has_include(<toml++/impl/preprocessor.hpp>)
#include <toml++/impl/forward_declarations.hpp>
#else
#include <toml++/impl/forward_declarations.h>
#endif
// Nor what it calls unreachable in its tables of letters: "é" where white space may stand reaches it (found by
// fuzz_rulebook_read; 3.3 and 3.4). It means "no" there.
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE return false
#if __has_include(<toml++/impl/preprocessor.hpp>)
#include <toml++/impl/unicode.hpp>
#else
#include <toml++/impl/unicode.h>
#endif
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE __builtin_unreachable()
#include <toml++/toml.h>
