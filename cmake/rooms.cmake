# SPDX-License-Identifier: Apache-2.0
# A room is a folder of src/. rooms.toml says which rooms exist, in order, and what each may
# include; tests/house/check_rooms.py holds the code to it. Here they become libraries.
#
#   tradewind_room(<name> [APART] [DEPENDS <rooms>...] [LIBRARIES <targets>...])
#
# makes, from src/<name>/ and its sub-folders:
#   tw_<name>          library of *.cpp less *_test.cpp, *_fuzz.cpp, *_bench.cpp and main.cpp;
#                      header-only while there is no .cpp ('adapters/x' becomes tw_adapters_x)
#   <name>_test        of *_test.cpp, with GoogleTest and rapidcheck; ctest name <name>
#   <name>_<stem>      of each <stem>.cpp that ends in _fuzz: a libFuzzer program in the fuzz
#                      preset; elsewhere a replay of tests/corpus/<name>_<stem>/, in ctest
#
# A room named in DEPENDS that is not in the tree yet is passed over. One that stands APART is not
# linked into what links all rooms.

function(tradewind_room name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "APART" "" "DEPENDS;LIBRARIES")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "tradewind_room(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
    endif()
    string(MAKE_C_IDENTIFIER "${name}" id)
    set(dir "${CMAKE_SOURCE_DIR}/src/${name}")

    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${dir}/*.cpp")
    set(tests ${sources})
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    set(fuzzers ${sources})
    list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
    list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|_bench)\\.cpp$|/main\\.cpp$")

    set(below tw_options fmt::fmt ${arg_LIBRARIES})
    foreach(dependency IN LISTS arg_DEPENDS)
        string(MAKE_C_IDENTIFIER "${dependency}" dependency_id)
        if(TARGET "tw_${dependency_id}")
            list(APPEND below "tw_${dependency_id}")
        elseif(EXISTS "${CMAKE_SOURCE_DIR}/src/${dependency}/CMakeLists.txt")
            message(FATAL_ERROR "src/${name}/CMakeLists.txt: '${dependency}' comes later in "
                                "rooms.toml, so '${name}' cannot depend on it")
        endif()
    endforeach()

    if(sources)
        add_library("tw_${id}" STATIC ${sources})
        target_link_libraries("tw_${id}" PUBLIC ${below})
        add_dependencies(programs "tw_${id}")
    else()
        add_library("tw_${id}" INTERFACE)
        target_link_libraries("tw_${id}" INTERFACE ${below})
    endif()
    if(NOT arg_APART)
        set_property(GLOBAL APPEND PROPERTY TRADEWIND_ROOMS "tw_${id}")
    endif()

    if(TRADEWIND_TESTS AND tests)
        add_executable("${id}_test" ${tests})
        target_link_libraries("${id}_test" PRIVATE "tw_${id}" ${TRADEWIND_TEST_LIBRARIES})
        target_include_directories("${id}_test" PRIVATE "${CMAKE_SOURCE_DIR}/tests")  # support/
        add_dependencies(unit_tests "${id}_test")
        # From the root of the repository, so that a test names its files as a reader would.
        add_test(NAME "${id}" COMMAND "${id}_test" WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
        set_tests_properties("${id}" PROPERTIES LABELS unit TIMEOUT 300)
    endif()

    foreach(fuzzer IN LISTS fuzzers)
        tradewind_fuzzer("${id}" "${fuzzer}")
    endforeach()
endfunction()

function(tradewind_fuzzer id file)
    cmake_path(GET file STEM stem)
    set(target "${id}_${stem}")
    if(TRADEWIND_FUZZ)
        add_executable("${target}" "${file}")
        target_link_libraries("${target}" PRIVATE "tw_${id}")
        target_link_options("${target}" PRIVATE -fsanitize=fuzzer)
        set_target_properties("${target}" PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzzers")
    elseif(TRADEWIND_TESTS)
        add_executable("${target}" "${file}" "${CMAKE_SOURCE_DIR}/tests/fuzz_replay_main.cpp")
        target_link_libraries("${target}" PRIVATE "tw_${id}")
        add_dependencies(unit_tests "${target}")
        add_test(NAME "${target}"
                 COMMAND "${target}" "tests/corpus/${target}"
                 WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
        set_tests_properties("${target}" PROPERTIES LABELS fuzz-replay TIMEOUT 300)
    endif()
endfunction()

# The executable <name> from src/<room>/main.cpp, once that file is there.
function(tradewind_program name room)
    set(main "${CMAKE_SOURCE_DIR}/src/${room}/main.cpp")
    string(MAKE_C_IDENTIFIER "${room}" id)
    file(GLOB found CONFIGURE_DEPENDS "${main}")
    if(NOT found OR TRADEWIND_FUZZ)
        return()
    endif()
    add_executable("${name}" "${main}")
    target_link_libraries("${name}" PRIVATE "tw_${id}" ${CMAKE_DL_LIBS})
    # A strategy loaded as a shared library finds the engine's symbols in the program itself. So
    # the program exports them, and of the rooms that a strategy sees it holds every object, also
    # those that nothing else in the program happens to use.
    set_target_properties("${name}" PROPERTIES
        ENABLE_EXPORTS ON
        LINK_LIBRARY_OVERRIDE "WHOLE_ARCHIVE,tw_base,tw_domain,tw_market,tw_portfolio,tw_signal"
        RUNTIME_OUTPUT_DIRECTORY "${TRADEWIND_BIN_DIR}")
    add_dependencies(programs "${name}")
endfunction()

set(TRADEWIND_TEST_LIBRARIES
    GTest::gmock GTest::gtest GTest::gtest_main rapidcheck rapidcheck_gtest Threads::Threads)

# Adds src/<room>/ for each room of rooms.toml, lowest level first, where the folder has a
# CMakeLists.txt. A name that ends in /* stands for every sub-folder.
function(tradewind_add_rooms)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/rooms.toml")
    file(STRINGS "${CMAKE_SOURCE_DIR}/rooms.toml" headings REGEX "^\\[rooms\\.")
    foreach(heading IN LISTS headings)
        string(REGEX REPLACE "^\\[rooms\\.\"?([a-z0-9_/*]+)\"?\\].*$" "\\1" room "${heading}")
        if(room MATCHES "/\\*$")
            string(REGEX REPLACE "/\\*$" "" parent "${room}")
            file(GLOB lists CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${parent}/*/CMakeLists.txt")
            list(SORT lists)
        else()
            file(GLOB lists CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${room}/CMakeLists.txt")
        endif()
        foreach(list_file IN LISTS lists)
            cmake_path(GET list_file PARENT_PATH dir)
            add_subdirectory("${dir}")
        endforeach()
    endforeach()
endfunction()

# <name>.so of one source file: a strategy that the program loads. It links no room; see above.
function(tradewind_plugin name file)
    if(TRADEWIND_FUZZ)
        return()
    endif()
    add_library("${name}" MODULE "${file}")
    target_link_libraries("${name}" PRIVATE tw_options fmt::fmt)
    set_target_properties("${name}" PROPERTIES
        PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${TRADEWIND_BIN_DIR}/strategies")
    add_dependencies(programs "${name}")
endfunction()
