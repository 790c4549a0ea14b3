# tidemark_embed(NAME OUTPUT file...): writes OUTPUT, a C++ source that defines for each
# file "report.css" a `std::string_view kReportCss`, and `kReportCssSha256`, its SHA-256
# in hexadecimal digits. They are declared by NAME.h beside the CMakeLists.txt that calls it.
# It runs at build time, whenever a file changed.
#
# This file is both: included, it defines the function; run with cmake -P, it does the work.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(TIDEMARK_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
  function(tidemark_embed name output)
    file(RELATIVE_PATH header ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${name}.h)
    add_custom_command(OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} "-DFILES=${ARGN}" "-DOUTPUT=${output}" "-DHEADER=${header}"
              -P ${TIDEMARK_EMBED_SCRIPT}
      DEPENDS ${ARGN} ${TIDEMARK_EMBED_SCRIPT}
      COMMENT "Embedding ${name}"
      VERBATIM)
    # gcc and clang take string literals of any length.
    set_source_files_properties(${output} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  endfunction()
  return()
endif()

set(source "// Written by cmake/embed.cmake.\n#include \"${HEADER}\"\n\nnamespace tidemark {\n\n")
foreach(path IN LISTS FILES)
  get_filename_component(stem ${path} NAME)
  string(REGEX MATCHALL "[a-z0-9]+" words ${stem})
  set(constant k)
  foreach(word IN LISTS words)
    string(SUBSTRING ${word} 0 1 first)
    string(SUBSTRING ${word} 1 -1 rest)
    string(TOUPPER ${first} first)
    string(APPEND constant ${first}${rest})
  endforeach()
  file(READ ${path} contents)
  file(SHA256 ${path} sha256)
  # In pieces: a string literal need not hold more than 64 KiB.
  string(LENGTH "${contents}" length)
  set(pieces "")
  foreach(at RANGE 0 ${length} 30000)
    string(SUBSTRING "${contents}" ${at} 30000 piece)
    string(APPEND pieces "\n    R\"embedded(${piece})embedded\"")
  endforeach()
  string(APPEND source "constinit const std::string_view ${constant} =${pieces};\n")
  string(APPEND source "[[maybe_unused]] constinit const std::string_view ${constant}Sha256 = \"${sha256}\";\n\n")
endforeach()
string(APPEND source "}  // namespace tidemark\n")
file(WRITE ${OUTPUT} "${source}")
