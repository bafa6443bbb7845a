# One static library a folder of scanner/, named kimiguard_<folder>. Files are found by glob, so a
# new file needs no change here.
set(KIMIGUARD_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                       -Wnon-virtual-dtor -Wold-style-cast -Wimplicit-fallthrough)
# g++ 12 warns of overlapping memory in "text" + std::string wherever it inlines that (GCC bug 105651, mended in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND KIMIGUARD_WARNINGS -Wno-restrict)
endif()
if(KIMIGUARD_WERROR)
  list(APPEND KIMIGUARD_WARNINGS -Werror)
endif()

function(kimiguard_compile_options target)
  target_compile_options(${target} PRIVATE ${KIMIGUARD_WARNINGS})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  if(KIMIGUARD_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${KIMIGUARD_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${KIMIGUARD_SANITIZE})
  endif()
  if(KIMIGUARD_FUZZ)
    target_compile_options(${target} PUBLIC -fsanitize=fuzzer-no-link)
  endif()
endfunction()

function(kimiguard_folder folder)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  string(REPLACE "/" "_" name ${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scanner/${folder}/*.cpp)
  if(NOT sources)
    add_library(kimiguard_${name} INTERFACE)
    target_include_directories(kimiguard_${name} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(kimiguard_${name} INTERFACE ${ARG_LINK})
    return()
  endif()
  add_library(kimiguard_${name} STATIC ${sources})
  kimiguard_compile_options(kimiguard_${name})
  target_link_libraries(kimiguard_${name} PUBLIC ${ARG_LINK})
endfunction()

function(kimiguard_program folder)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT sources)
    return()
  endif()
  add_library(kimiguard_cli STATIC ${sources})
  kimiguard_compile_options(kimiguard_cli)
  target_compile_definitions(kimiguard_cli PRIVATE KIMIGUARD_VERSION="${PROJECT_VERSION}")
  target_link_libraries(kimiguard_cli PUBLIC
    kimiguard_core kimiguard_text kimiguard_rulebook kimiguard_detect kimiguard_source_files
    kimiguard_source_unpack kimiguard_source_archive kimiguard_source_store kimiguard_source_git_objects
    kimiguard_source_git_repository kimiguard_source_git_history kimiguard_config
    kimiguard_agents kimiguard_kimi kimiguard_judge kimiguard_remedy kimiguard_suppress kimiguard_report
    kimiguard_embedded_rules kimiguard::cli11)
  add_executable(kimiguard ${PROJECT_SOURCE_DIR}/${folder}/main.cpp)
  kimiguard_compile_options(kimiguard)
  target_link_libraries(kimiguard PRIVATE kimiguard_cli)
  if(NOT KIMIGUARD_SANITIZE)
    target_link_options(kimiguard PRIVATE -static-libstdc++ -static-libgcc -Wl,--gc-sections -Wl,-z,now)
  endif()
  set_target_properties(kimiguard PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  install(TARGETS kimiguard RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/rules/ DESTINATION ${CMAKE_INSTALL_DATADIR}/kimiguard/rules)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md
          DESTINATION ${CMAKE_INSTALL_DOCDIR})
endfunction()
