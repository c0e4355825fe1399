# SPDX-License-Identifier: Apache-2.0
# Installs twice with a prefix that no distribution has: what an administrator has edited stays, and units, manual pages
# and documents name files that the installation has put there.
cmake_minimum_required(VERSION 3.25)

set(prefix /opt/elsewhere)
set(root "${SCRATCH}/root")
set(configuration "${root}/etc/trustx")

function(install_tree)
  set(ENV{DESTDIR} "${root}")
  execute_process(COMMAND ${CMAKE_COMMAND} --install "${BUILD_DIR}" --prefix ${prefix} OUTPUT_VARIABLE said
    COMMAND_ERROR_IS_FATAL ANY)
  set(said "${said}" PARENT_SCOPE)
endfunction()

function(must_hold condition)
  cmake_language(EVAL CODE "if(${condition})\nset(holds TRUE)\nendif()")
  if(NOT holds)
    message(SEND_ERROR "does not hold: ${condition}")
  endif()
endfunction()

file(REMOVE_RECURSE "${SCRATCH}")
install_tree()
file(GLOB added "${configuration}/*.new")
must_hold("NOT added")

file(READ "${configuration}/openssl-trustx.cnf" shipped)
file(APPEND "${configuration}/openssl-trustx.cnf" "# edited\n")
install_tree()
file(READ "${configuration}/openssl-trustx.cnf" kept)
file(READ "${configuration}/openssl-trustx.cnf.new" new)
file(GLOB added RELATIVE "${configuration}" "${configuration}/*.new")
must_hold([[kept STREQUAL "${shipped}# edited\n"]])
must_hold([[new STREQUAL "${shipped}"]])
must_hold([[said MATCHES "Kept: [^\n]*/etc/trustx/openssl-trustx.cnf"]])
must_hold([[added STREQUAL "openssl-trustx.cnf.new"]])

# Once the new one was taken over, nothing is left of the question.
file(WRITE "${configuration}/openssl-trustx.cnf" "${shipped}")
install_tree()
file(GLOB added "${configuration}/*.new")
must_hold("NOT added")

# All absolute paths below the prefix exist, and none is below /usr that belongs to this project.
file(GLOB_RECURSE texts "${root}/etc/*" "${root}${prefix}/share/*")
set(named "")
foreach(text IN LISTS texts)
  file(STRINGS "${text}" lines REGEX "${prefix}/|/usr/(local/)?(bin|share/doc)/trustx")
  foreach(line IN LISTS lines)
    string(REGEX MATCHALL "${prefix}/[A-Za-z0-9./_-]*[A-Za-z0-9]|/usr/(local/)?(bin|share/doc)/trustx" paths "${line}")
    foreach(path IN LISTS paths)
      list(APPEND named "${path}")
      if(NOT EXISTS "${root}${path}")
        message(SEND_ERROR "${text} names ${path}, which is not installed")
      endif()
    endforeach()
  endforeach()
endforeach()
must_hold([["${prefix}/${BINDIR}/trustx-mqtt" IN_LIST named]])

# All links of the documents lead to documents, and nothing in them is in a source tree alone. The changelog tells the
# history of one.
set(of_source_tree "(^|[^A-Za-z0-9_./-])(build|common|conf|debian|examples|libtrustx/src|provider/src|tests|tools)/")
file(GLOB_RECURSE documents "${root}${prefix}/share/doc/*.md")
must_hold("documents")
foreach(document IN LISTS documents)
  file(STRINGS "${document}" lines REGEX "${of_source_tree}|ctest|--preset|git clone|<!-- (source tree|end) -->")
  if(lines AND NOT document MATCHES "/CHANGELOG[.]md$")
    message(SEND_ERROR "${document} is about a source tree: ${lines}")
  endif()
  cmake_path(GET document PARENT_PATH directory)
  file(READ "${document}" content)
  string(REPLACE "](" "\n(" content "${content}")
  string(REGEX MATCHALL "\n\\([A-Za-z./_-]+[#)]" links "${content}")
  foreach(link IN LISTS links)
    string(REGEX REPLACE "[\n(#)]" "" target "${link}")
    if(NOT EXISTS "${directory}/${target}")
      message(SEND_ERROR "${document} leads to ${target}, which is not installed")
    endif()
  endforeach()
endforeach()
