# gunflint_floor(<name> SOURCES a.cpp … [LINK gunflint_base …] [PRIVATE_LINK lib …])
# One static library per room. LINK names rooms on lower floors; the linker and
# tests/unit/layering check the same rule.
function(gunflint_floor name)
  cmake_parse_arguments(FLOOR "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  if(NOT FLOOR_SOURCES)
    file(GLOB FLOOR_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  endif()
  if(FLOOR_SOURCES)
    add_library(gunflint_${name} STATIC ${FLOOR_SOURCES})
    target_link_libraries(gunflint_${name} PUBLIC gunflint_options ${FLOOR_LINK}
                          PRIVATE ${FLOOR_PRIVATE_LINK})
  else()
    add_library(gunflint_${name} INTERFACE)
    target_link_libraries(gunflint_${name} INTERFACE gunflint_options ${FLOOR_LINK})
  endif()
endfunction()
