# What every target of ours is compiled with; tidemark_base passes it on.
add_library(tidemark_settings INTERFACE)
target_compile_features(tidemark_settings INTERFACE cxx_std_20)
target_compile_options(tidemark_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wno-missing-field-initializers
  $<$<BOOL:${TIDEMARK_WERROR}>:-Werror>)
target_include_directories(tidemark_settings INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(tidemark_settings INTERFACE TIDEMARK_VERSION="${PROJECT_VERSION}")
if(TIDEMARK_SANITIZE)
  target_compile_options(tidemark_settings INTERFACE
    -fsanitize=${TIDEMARK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  target_link_options(tidemark_settings INTERFACE -fsanitize=${TIDEMARK_SANITIZE})
endif()
