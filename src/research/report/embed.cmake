# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a C++ file that holds the page, the styles and the code of FOLDER as constants, so that the
# program needs no file at run time. Run with cmake -P.
set(scripts text scales frame curves page trades risk main)  # each stands on those before it

# The script files share one scope of their own.
set(code "\"use strict\";\n(() => {\n")
foreach(name IN LISTS scripts)
    file(READ "${FOLDER}/${name}.js" content)
    string(APPEND code "${content}\n")
endforeach()
string(APPEND code "})();\n")
# The page of a search, or of models, has a script of its own on the same foundations.
set(search_code "\"use strict\";\n(() => {\n")
foreach(name IN ITEMS text scales frame models search)
    file(READ "${FOLDER}/${name}.js" content)
    string(APPEND search_code "${content}\n")
endforeach()
string(APPEND search_code "})();\n")
# And that of features.
set(features_code "\"use strict\";\n(() => {\n")
foreach(name IN ITEMS text scales frame curves features)
    file(READ "${FOLDER}/${name}.js" content)
    string(APPEND features_code "${content}\n")
endforeach()
string(APPEND features_code "})();\n")
file(READ "${FOLDER}/report.html" page)
file(READ "${FOLDER}/report.css" styles)

set(text "// SPDX-License-Identifier: Apache-2.0
// Made by embed.cmake from the files beside it.
#include \"research/report_assets.hpp\"

#pragma GCC diagnostic ignored \"-Woverlength-strings\"

namespace tradewind::research {

")
function(embed constant content)
    string(FIND "${content}" ")asset\"" clash)
    if(NOT clash EQUAL -1)
        message(FATAL_ERROR "${constant} holds the end mark of its raw string")
    endif()
    string(APPEND text "const std::string_view ${constant} = R\"asset(${content})asset\";\n\n")
    set(text "${text}" PARENT_SCOPE)
endfunction()
embed(kReportHtml "${page}")
embed(kReportCss "${styles}")
embed(kReportJs "${code}")
embed(kSearchJs "${search_code}")
embed(kFeaturesJs "${features_code}")
string(APPEND text "}  // namespace tradewind::research\n")
file(WRITE "${OUTPUT}" "${text}")
