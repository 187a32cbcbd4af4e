# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a C++ file that holds report.html, report.css and report.js of FOLDER as constants, so that the
# program needs no file at run time. Run with cmake -P.
set(text "// SPDX-License-Identifier: Apache-2.0
// Made by embed.cmake from the files beside it.
#include \"research/report_assets.hpp\"

#pragma GCC diagnostic ignored \"-Woverlength-strings\"

namespace tradewind::research {

")
foreach(name IN ITEMS Html Css Js)
    string(TOLOWER "${name}" kind)
    file(READ "${FOLDER}/report.${kind}" content)
    string(FIND "${content}" ")asset\"" clash)
    if(NOT clash EQUAL -1)
        message(FATAL_ERROR "report.${kind} holds the end mark of its raw string")
    endif()
    string(APPEND text "const std::string_view kReport${name} = R\"asset(${content})asset\";\n\n")
endforeach()
string(APPEND text "}  // namespace tradewind::research\n")
file(WRITE "${OUTPUT}" "${text}")
