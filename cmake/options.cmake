# SPDX-License-Identifier: Apache-2.0
# How every translation unit of Tradewind is compiled and linked.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

# All flags below go through this target; third-party code never sees them.
add_library(tw_options INTERFACE)
target_include_directories(tw_options INTERFACE "${CMAKE_SOURCE_DIR}/src")

# A fused multiply-add rounds once where two operations round twice. Compilers differ in when
# they fuse, so it is off: the same log gives the same bytes on every compiler.
target_compile_options(tw_options INTERFACE -ffp-contract=off)

# No path of the build machine in the binary; ASSERT then prints "src/room/file.cpp".
target_compile_options(tw_options INTERFACE "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")

# x86-64-v2 (SSE4.2, POPCNT; every server since 2009) is the baseline. Kernels that need more
# dispatch at run time. Other architectures keep their compiler's default.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    target_compile_options(tw_options INTERFACE -march=x86-64-v2)
endif()

# ---- warnings, all of them errors -----------------------------------------------------------
target_compile_options(tw_options INTERFACE
    -Werror -Wall -Wextra -Wpedantic
    -Wconversion -Wsign-conversion -Wdouble-promotion
    -Wshadow -Wold-style-cast -Wcast-qual -Wcast-align
    -Wnon-virtual-dtor -Woverloaded-virtual
    -Wformat=2 -Wundef -Wvla -Wextra-semi -Wimplicit-fallthrough
    -Wzero-as-null-pointer-constant -Wredundant-decls)
# The two extensions that we use, the statement expression inside TRY (C++23 has no other
# expression that returns early) and __int128, stand behind __extension__ where they are defined;
# that keeps -Wpedantic quiet there and alive everywhere else.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(tw_options INTERFACE
        -Wno-gnu-statement-expression-from-macro-expansion
        -Wno-missing-designated-field-initializers  # the members left out have defaults
        -Wno-bitwise-instead-of-logical              # row checks without a branch
        -fconstexpr-steps=20000000                   # a table of all session days, as g++ allows
        -Wcovered-switch-default -Wloop-analysis -Wunreachable-code-return)
else()
    # -Wrestrict and -Wmaybe-uninitialized give false alarms in libstdc++ 12 itself when it is
    # inlined at -O2 and above (GCC bugs 105651 and 105562); clang and the sanitizers stand in.
    target_compile_options(tw_options INTERFACE
        -Wduplicated-cond -Wduplicated-branches -Wlogical-op
        -Wno-restrict -Wno-maybe-uninitialized)
endif()

# ---- optimisation ---------------------------------------------------------------------------
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
if(TRADEWIND_SANITIZE)
    set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")  # lines are enough for a report, and compile faster
else()
    set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    if(NOT TRADEWIND_SANITIZE)
        target_compile_definitions(tw_options INTERFACE _FORTIFY_SOURCE=2)
    endif()
else()
    target_compile_definitions(tw_options INTERFACE _GLIBCXX_ASSERTIONS)
    target_compile_options(tw_options INTERFACE -fno-omit-frame-pointer)
endif()
target_link_options(tw_options INTERFACE -Wl,-z,relro,-z,now)

if(TRADEWIND_LTO)
    include(CheckIPOSupported)
    check_ipo_supported(LANGUAGES CXX)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()

# ---- sanitizers -----------------------------------------------------------------------------
if(TRADEWIND_SANITIZE)
    target_compile_options(tw_options INTERFACE
        "-fsanitize=${TRADEWIND_SANITIZE}" -fno-sanitize-recover=all)
    target_link_options(tw_options INTERFACE "-fsanitize=${TRADEWIND_SANITIZE}")
endif()
if(TRADEWIND_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "The fuzz preset needs clang (libFuzzer); install clang-19.")
    endif()
    target_compile_options(tw_options INTERFACE -fsanitize=fuzzer-no-link)
    set(TRADEWIND_TESTS OFF)
    set(TRADEWIND_BENCH OFF)
endif()

# ---- speed of the build itself --------------------------------------------------------------
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
    target_link_options(tw_options INTERFACE -fuse-ld=mold)
endif()
