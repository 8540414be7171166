# SPDX-License-Identifier: Apache-2.0
# The ways to make a target, each said once.

set(MEDVISION_COMMANDS "" CACHE INTERNAL "programs declared so far")

function(medvision_compile_options target)
  # Fused multiply-add would make the last bit depend on the machine.
  target_compile_options(${target} PRIVATE -ffp-contract=off)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
  if(MEDVISION_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(MEDVISION_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
  if(MEDVISION_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# medvision_add_library(name SOURCES ... PUBLIC ... PRIVATE ...)
function(medvision_add_library name)
  cmake_parse_arguments(A "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} ${A_SOURCES})
  add_library(medvision::${name} ALIAS ${name})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/libmedvision>
                             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_include_directories(${name} SYSTEM PUBLIC ${OpenCV_INCLUDE_DIRS})
  target_link_libraries(${name} PUBLIC ${A_PUBLIC} PRIVATE ${A_PRIVATE})
  set_target_properties(${name} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  medvision_compile_options(${name})
endfunction()

# The only way to make a program: medvision_add_command(crop LIBRARIES medvision_images) builds <build>/bin/med-crop
# from crop.cpp (a file's underscores are the program's dashes).
function(medvision_add_command source)
  cmake_parse_arguments(A "" "" "LIBRARIES" ${ARGN})
  string(REPLACE "_" "-" dashed ${source})
  set(name med-${dashed})
  add_executable(${name} ${source}.cpp)
  target_link_libraries(${name} PRIVATE medvision_runtime medvision ${A_LIBRARIES})
  target_link_options(${name} PRIVATE -Wl,--as-needed)
  medvision_compile_options(${name})
  set(MEDVISION_COMMANDS ${MEDVISION_COMMANDS} ${name} CACHE INTERNAL "programs declared so far")
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# Compiles a text file in: `std::string_view medvision::<symbol>()` returns its bytes.
function(medvision_embed_text target file symbol)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cpp)
  file(CONFIGURE OUTPUT ${out} CONTENT "#include <string_view>
namespace medvision {
std::string_view ${symbol}() { return R\"embedded(${text})embedded\"; }
}
" @ONLY)
  target_sources(${target} PRIVATE ${out})
endfunction()
