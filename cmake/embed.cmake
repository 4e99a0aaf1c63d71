# gunflint_embed(<target> <function> FILES a b …): compiles text files into <target> as the function
#   const std::map<std::string_view, std::string_view>& gunflint::<function>()      file name -> content
# with the header <function>.hpp. The build follows changes of the files.
function(gunflint_embed target function)
  cmake_parse_arguments(EMBED "" "" "FILES" ${ARGN})
  set(entries "")
  foreach(file ${EMBED_FILES})
    get_filename_component(name ${file} NAME)
    file(READ ${file} content)
    string(APPEND entries "      {\"${name}\", R\"gunflint(${content})gunflint\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${function}.hpp CONTENT
"#pragma once
#include <map>
#include <string_view>
namespace gunflint {
const std::map<std::string_view, std::string_view>& ${function}();
}
" @ONLY)
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp CONTENT
"#include \"${function}.hpp\"
namespace gunflint {
const std::map<std::string_view, std::string_view>& ${function}() {
  static const std::map<std::string_view, std::string_view> all = {
@entries@  };
  return all;
}
}
" @ONLY)
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
