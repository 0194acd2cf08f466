# One folder of src/ is one layer is one static library. The DEPS of a layer are the only other
# folders that it may include from; tests/tools/check-layers checks the includes against these lines.
function(labctl_layer name)
  cmake_parse_arguments(L "" "" "DEPS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")
  if(NOT sources)
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  else()
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
  endif()
  target_include_directories(${name} ${scope} ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(${name} ${scope} ${L_DEPS} ${L_LIBS})
endfunction()

# A program is the main.c of one folder, linked with that folder's layer, in the same place of the
# build tree as of an installation: labctl finds its programs and labs relative to itself.
function(labctl_program target folder place)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/src/${folder}/main.c)
    message(STATUS "${target}: no main.c yet")
    return()
  endif()
  add_executable(${target} ${CMAKE_SOURCE_DIR}/src/${folder}/main.c)
  target_link_libraries(${target} PRIVATE ${folder})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${place})
  install(TARGETS ${target} RUNTIME DESTINATION ${place})
endfunction()
