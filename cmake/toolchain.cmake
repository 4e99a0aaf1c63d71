# How everything is compiled: cache, linker, warnings, sanitizers. Settings travel as the INTERFACE
# target gunflint_options, never as global flags.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

find_program(GUNFLINT_CCACHE ccache)
if(GUNFLINT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the source tree are made relative, so that several checkouts share one cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${GUNFLINT_CCACHE})
endif()

# Most of a file's time goes into headers and templates that its neighbours need too: where nothing is
# cached, several files are compiled as one (docs/decisions/0014). Not with ccache, which knows files; not
# in a release, where each must include what it uses.
if(GUNFLINT_CCACHE OR CMAKE_BUILD_TYPE STREQUAL "Release")
  option(GUNFLINT_TOGETHER "Compile several files as one" OFF)
else()
  option(GUNFLINT_TOGETHER "Compile several files as one" ON)
endif()
set(CMAKE_UNITY_BUILD ${GUNFLINT_TOGETHER})

find_program(GUNFLINT_LLD ld.lld)
if(GUNFLINT_LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_library(gunflint_options INTERFACE)
target_include_directories(gunflint_options INTERFACE
  ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/framework)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(gunflint_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow=local -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
    -Wno-missing-field-initializers -Werror)
else()
  # clang, for the fuzzer only, has other opinions: they stop nothing.
  target_compile_options(gunflint_options INTERFACE -Wall)
endif()
if(GUNFLINT_TOGETHER)
  # A hidden class of a .cpp with members of its anonymous namespace is in no header here either.
  target_compile_options(gunflint_options INTERFACE -Wno-subobject-linkage)
endif()
target_compile_definitions(gunflint_options INTERFACE GUNFLINT_VERSION="${PROJECT_VERSION}")

set(GUNFLINT_SANITIZE "" CACHE STRING "address, thread, or empty")
if(GUNFLINT_SANITIZE STREQUAL "address")
  # What is instrumented confuses the compiler's own look for uninitialised values (so says its manual).
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
                      -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=address,undefined)
elseif(GUNFLINT_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=thread)
endif()
