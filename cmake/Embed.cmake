# Writes OUT: the files of ENTRIES as an array of struct web_asset. See labctl_embed() in Layers.cmake.
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")
string(REPLACE "," ";" entries "${ENTRIES}")
set(data "")
set(rows "")
set(n 0)
foreach(entry ${entries})
  string(REGEX MATCH "^([^=]*)=?(.*)$" all "${entry}")
  set(file ${CMAKE_MATCH_1})
  set(path "${CMAKE_MATCH_2}")
  if("${path}" STREQUAL "")
    set(path /${file})
  endif()
  string(REGEX REPLACE ".*\\." "" ending ${file})
  file(READ ${FOLDER}/${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(APPEND data "static const unsigned char file_${n}[] = {${bytes}};\n")
  string(APPEND rows "\t{\"${path}\", \"${type_${ending}}\", file_${n}, sizeof(file_${n})},\n")
  math(EXPR n "${n} + 1")
endforeach()
file(WRITE ${OUT} "// Made by cmake/Embed.cmake; not to be edited.
#include \"${HEADER}\"

${data}
const struct web_asset ${NAME}[] = {
${rows}};
const size_t web_n_assets = ${n};
")
