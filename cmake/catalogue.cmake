# gunflint_catalogue(<target>): compiles faults/*.cpp and the table of them. faults/cpu.cpp must define
# the fault `cpu` (GUNFLINT_FAULT(cpu, …)), or linking fails: the name of the file is the registration.
# A fault too large for one file has a folder of its name beside it (faults/setting/*.cpp); what several
# faults share is in faults/common.
function(gunflint_catalogue target)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(declarations "")
  set(entries "")
  foreach(source ${sources})
    get_filename_component(id ${source} NAME_WE)
    string(APPEND declarations "const FaultKind& gunflint_fault_${id}();\n")
    string(APPEND entries "      &gunflint_fault_${id}(),\n")
  endforeach()
  set(GUNFLINT_FAULT_DECLARATIONS "${declarations}")
  set(GUNFLINT_FAULT_ENTRIES "${entries}")
  configure_file(${CMAKE_SOURCE_DIR}/cmake/catalogue.cpp.in ${CMAKE_CURRENT_BINARY_DIR}/catalogue.cpp @ONLY)
  file(GLOB parts CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/*.cpp)
  add_library(${target} STATIC ${sources} ${parts} ${CMAKE_CURRENT_BINARY_DIR}/catalogue.cpp)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${target} PUBLIC gunflint_options gunflint_host)
  # Faults are what people add and change: each is compiled by itself.
  set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
endfunction()
