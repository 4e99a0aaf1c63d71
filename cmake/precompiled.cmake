# gunflint_precompiled(<target>): the target's files begin with the headers that nearly all of them read,
# compiled once for all targets (GUNFLINT_PCH; cmake/toolchain.cmake says when it is off).
# gunflint_precompiled_tests(<target>): with GoogleTest.
set(GUNFLINT_COMMON_HEADERS
  <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <cstdint> <functional> <map> <memory> <optional>
  <set> <string> <string_view> <utility> <variant> <vector> <fmt/format.h>
  "${CMAKE_SOURCE_DIR}/include/gunflint/base/fields.hpp" "${CMAKE_SOURCE_DIR}/include/gunflint/base/result.hpp"
  "${CMAKE_SOURCE_DIR}/include/gunflint/base/units.hpp" "${CMAKE_SOURCE_DIR}/include/gunflint/base/value.hpp")

# The owner is compiled with the definitions of its users, or the compiler would refuse its header.
function(gunflint_precompiled_owner owner)
  cmake_parse_arguments(OWNER "" "" "LINK;HEADERS" ${ARGN})
  if(NOT TARGET ${owner})
    file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/${owner}.cpp CONTENT "// nothing but its precompiled header\n")
    add_library(${owner} OBJECT ${CMAKE_BINARY_DIR}/${owner}.cpp)
    target_link_libraries(${owner} PRIVATE gunflint_options ${OWNER_LINK})
    target_precompile_headers(${owner} PRIVATE ${GUNFLINT_COMMON_HEADERS} ${OWNER_HEADERS})
  endif()
endfunction()

function(gunflint_precompiled target)
  if(GUNFLINT_PCH)
    gunflint_precompiled_owner(gunflint_pch)
    target_precompile_headers(${target} REUSE_FROM gunflint_pch)
  endif()
endfunction()

function(gunflint_precompiled_tests target)
  if(GUNFLINT_PCH)
    gunflint_precompiled_owner(gunflint_test_pch LINK GTest::gtest HEADERS <gtest/gtest.h>)
    target_precompile_headers(${target} REUSE_FROM gunflint_test_pch)
  endif()
endfunction()
