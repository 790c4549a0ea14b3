# What `cmake --install` puts where, and the Debian package that CPack makes of it.

# tidemark_install_tool(NAME): installs the tool with its man page and its completion for
# bash, both printed by the tool itself from its table of options.
function(tidemark_install_tool name)
  set(pages ${CMAKE_CURRENT_BINARY_DIR}/pages)
  add_custom_command(
    OUTPUT ${pages}/${name}.1.gz ${pages}/${name}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${pages}
    COMMAND ${name} --man > ${pages}/${name}.1
    COMMAND gzip -9nf ${pages}/${name}.1
    COMMAND ${name} --completion bash > ${pages}/${name}
    DEPENDS ${name} VERBATIM
    COMMENT "Writing the man page and the completion of ${name}")
  add_custom_target(${name}_pages ALL DEPENDS ${pages}/${name}.1.gz ${pages}/${name})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES ${pages}/${name}.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${pages}/${name} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endfunction()

foreach(tool memprof leakwatch flamegraph pressure signoff)
  if(TARGET ${tool})
    tidemark_install_tool(${tool})
  endif()
endforeach()
install(FILES README.md CONTRIBUTING.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_CONTACT "The Tidemark authors <tidemark@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# libssl3 and libpq5: pressure loads them when a scenario needs them, so no tool finds them.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS
  "valgrind, google-perftools, linux-perf, heaptrack, libssl3, libpq5, stress-ng")
include(CPack)
