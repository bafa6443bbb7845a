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
#include <toml++/toml.h>
