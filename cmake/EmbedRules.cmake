# Embeds rules/**/*.toml as text and the built-in pattern database serialized for a generic platform.
file(GLOB_RECURSE KIMIGUARD_RULE_FILES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rules/*.toml)
set(KIMIGUARD_EMBEDDED ${PROJECT_BINARY_DIR}/generated/embedded_rules.cpp)

# Runs at build time. A library that it links may be declared later than here.
add_executable(kimiguard_embed_rules ${PROJECT_SOURCE_DIR}/scanner/rulebook/embed/embed_rules.cpp)
kimiguard_compile_options(kimiguard_embed_rules)
target_link_libraries(kimiguard_embed_rules PRIVATE kimiguard_detect kimiguard_agents)

add_custom_command(
  OUTPUT ${KIMIGUARD_EMBEDDED}
  COMMAND kimiguard_embed_rules ${PROJECT_SOURCE_DIR}/rules ${KIMIGUARD_EMBEDDED}
  DEPENDS kimiguard_embed_rules ${KIMIGUARD_RULE_FILES}
  COMMENT "Compiling the built-in rules"
  VERBATIM)
add_library(kimiguard_embedded_rules STATIC ${KIMIGUARD_EMBEDDED})
target_include_directories(kimiguard_embedded_rules PUBLIC ${PROJECT_SOURCE_DIR})
