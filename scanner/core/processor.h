// What the processor can do beyond what the program is built for.
//
// The loader knows it already. Asking again (__builtin_cpu_supports, and its constructor in libgcc) runs cpuid a dozen
// times, each of which leaves a virtual machine: 0.1 ms at each start.
#pragma once

#if defined(__x86_64__)
#define KIMIGUARD_AVX2 1
#if __has_include(<sys/platform/x86.h>) && defined(__GNUC__) && !defined(__clang__)  // it is C to clang: _Bool
#include <sys/platform/x86.h>
#define KIMIGUARD_ASK_LOADER 1
#endif

namespace kimiguard {

// AVX2 with BMI 1 and 2 and LZCNT, and the system keeps its registers.
inline bool have_avx2() {
#ifdef KIMIGUARD_ASK_LOADER
  return CPU_FEATURE_ACTIVE(AVX2) && CPU_FEATURE_ACTIVE(BMI1) && CPU_FEATURE_ACTIVE(BMI2) && CPU_FEATURE_ACTIVE(LZCNT);
#else
  static const bool have = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  return have;
#endif
}

// AVX-512 F and BW with the same.
inline bool have_avx512() {
#ifdef KIMIGUARD_ASK_LOADER
  return CPU_FEATURE_ACTIVE(AVX512F) && CPU_FEATURE_ACTIVE(AVX512BW) && CPU_FEATURE_ACTIVE(BMI1) && CPU_FEATURE_ACTIVE(BMI2) &&
         CPU_FEATURE_ACTIVE(LZCNT);
#else
  static const bool have = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi2");
  return have;
#endif
}

}  // namespace kimiguard

#endif
