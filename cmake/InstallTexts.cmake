# SPDX-License-Identifier: Apache-2.0
# Texts that people read or edit. In the source tree they name installed files by their place below /usr; installed they
# name the place below the real prefix, which is known when the installation runs (`cmake --install --prefix`).

# Machine-wide configuration has one place whatever the prefix: all programs that share a chip must agree on it, also
# where two installations have different prefixes.
set(TRUSTX_CONFIGURATION_DIR /etc/trustx)

# README.md and what is beside it for users, with the same paths as in the source tree, so that their links hold. A link
# to anything else becomes its text, and what is between the lines `<!-- source tree -->` and `<!-- end -->` is left out.
file(GLOB TRUSTX_DOCUMENTS RELATIVE "${PROJECT_SOURCE_DIR}" CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/*.md")
list(REMOVE_ITEM TRUSTX_DOCUMENTS docs/architecture.md docs/performance.md docs/provider.md docs/testing.md)
list(APPEND TRUSTX_DOCUMENTS README.md SECURITY.md CHANGELOG.md)

# trustx_install_texts([CONFIGURATION] DESTINATION directory FILES file...), the files relative to the tree's top.
#   CONFIGURATION: administrators edit them. A file that is there and differs stays, and the new one is written beside it
#   with `.new` at the end of its name.
function(trustx_install_texts)
  cmake_parse_arguments(PARSE_ARGV 0 arg "CONFIGURATION" "DESTINATION" "FILES")
  list(TRANSFORM arg_FILES PREPEND "${PROJECT_SOURCE_DIR}/")
  install(CODE "
    set(trustx_files \"${arg_FILES}\")
    set(trustx_destination \"${arg_DESTINATION}\")
    set(trustx_keeps_edited ${arg_CONFIGURATION})
    set(trustx_bindir \"${CMAKE_INSTALL_BINDIR}\")
    set(trustx_docdir \"${CMAKE_INSTALL_DOCDIR}\")
    set(trustx_documents \"${TRUSTX_DOCUMENTS}\")
    set(trustx_source_dir \"${PROJECT_SOURCE_DIR}\")
    set(trustx_scratch_dir \"${PROJECT_BINARY_DIR}/texts\")
    include(\"${PROJECT_SOURCE_DIR}/cmake/install_texts.cmake\")")
endfunction()
