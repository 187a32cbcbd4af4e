# SPDX-License-Identifier: Apache-2.0
# Toolchain file: clang 19 where it is installed, the system's compiler otherwise.
find_program(TRADEWIND_CLANGXX NAMES clang++-19)
if(TRADEWIND_CLANGXX AND NOT CMAKE_CXX_COMPILER)
    set(CMAKE_CXX_COMPILER "${TRADEWIND_CLANGXX}")
endif()
