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
  set_target_properties(${name} PROPERTIES LABCTL_DEPS "${L_DEPS}")
endfunction()

# All layers that the layer `name` is made of, itself first.
function(labctl_layers_of name out)
  set(all ${name})
  set(next 0)
  list(LENGTH all n)
  while(next LESS n)
    list(GET all ${next} layer)
    get_target_property(deps ${layer} LABCTL_DEPS)
    list(APPEND all ${deps})
    list(REMOVE_DUPLICATES all)
    math(EXPR next "${next} + 1")
    list(LENGTH all n)
  endwhile()
  set(${out} ${all} PARENT_SCOPE)
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
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${place} LABCTL_LAYER ${folder})
  install(TARGETS ${target} RUNTIME DESTINATION ${place})
endfunction()

# A program whose time is that of its own code: in release builds by GCC it is optimised as a whole. The objects of
# its layers can be linked either way, so that tests and other programs are linked as always (-fno-lto, CMakeLists.txt).
function(labctl_optimise_whole target)
  if(NOT LABCTL_LTO)
    return()
  endif()
  get_target_property(folder ${target} LABCTL_LAYER)
  labctl_layers_of(${folder} layers)
  foreach(part ${target} ${layers})
    target_compile_options(${part} PRIVATE -flto=auto -ffat-lto-objects)
  endforeach()
  set_target_properties(${target} PROPERTIES LABCTL_WHOLE ON)
endfunction()

# Files of src/FOLDER that become part of a layer's library: an array NAME of struct web_asset (HEADER),
# each under "/FILE" or, as FILE=PATH, under PATH. Nothing of them is needed at run time.
function(labctl_embed layer name header folder)
  set(files)
  foreach(entry ${ARGN})
    string(REGEX REPLACE "=.*" "" file ${entry})
    list(APPEND files ${CMAKE_SOURCE_DIR}/src/${folder}/${file})
  endforeach()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
  list(JOIN ARGN "," entries)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -D OUT=${out} -D NAME=${name} -D HEADER=${header}
      -D FOLDER=${CMAKE_SOURCE_DIR}/src/${folder} -D ENTRIES=${entries}
      -P ${CMAKE_SOURCE_DIR}/cmake/Embed.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/Embed.cmake VERBATIM)
  target_sources(${layer} PRIVATE ${out})
endfunction()
