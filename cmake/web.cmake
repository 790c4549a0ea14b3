# Pages written in TypeScript: web/ holds their sources, npm brings the compiler (named in
# web/package-lock.json), and the build directory holds everything that comes of them.
#
# tidemark_page(NAME source...): bundles web/NAME/main.ts and web/NAME/NAME.css, with all
# that they import (listed, so that a change of them is noticed), into NAME.js and NAME.css
# in ${TIDEMARK_WEB}, each one file without imports, ready for tidemark_embed().
set(TIDEMARK_WEB ${PROJECT_BINARY_DIR}/web)
set(TIDEMARK_NPM_STAMP ${TIDEMARK_WEB}/node_modules/.package-lock.json)

find_program(TIDEMARK_NODE NAMES node nodejs REQUIRED)
find_program(TIDEMARK_NPM npm REQUIRED)

set(web_packages package.json package-lock.json .npmrc)
list(TRANSFORM web_packages PREPEND ${PROJECT_SOURCE_DIR}/web/ OUTPUT_VARIABLE web_package_files)
add_custom_command(OUTPUT ${TIDEMARK_NPM_STAMP}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${TIDEMARK_WEB}
  COMMAND ${CMAKE_COMMAND} -E copy ${web_package_files} ${TIDEMARK_WEB}
  COMMAND ${TIDEMARK_NPM} ci --prefer-offline --no-progress --loglevel=error
  COMMAND ${CMAKE_COMMAND} -E touch ${TIDEMARK_NPM_STAMP}
  DEPENDS ${web_package_files}
  WORKING_DIRECTORY ${PROJECT_BINARY_DIR}/web
  COMMENT "Installing the compiler of the pages with npm"
  VERBATIM)
file(MAKE_DIRECTORY ${TIDEMARK_WEB})
add_custom_target(tidemark_npm DEPENDS ${TIDEMARK_NPM_STAMP})

# NODE_PATH: the sources are not beside node_modules.
function(tidemark_page name)
  set(from ${PROJECT_SOURCE_DIR}/web/${name})
  list(TRANSFORM ARGN PREPEND ${from}/ OUTPUT_VARIABLE sources)
  add_custom_command(OUTPUT ${TIDEMARK_WEB}/${name}.js ${TIDEMARK_WEB}/${name}.css
    COMMAND ${CMAKE_COMMAND} -E env NODE_PATH=${TIDEMARK_WEB}/node_modules
            ${TIDEMARK_NODE} ${TIDEMARK_WEB}/node_modules/esbuild/bin/esbuild
            ${name}=${from}/main.ts ${name}=${from}/${name}.css --outdir=${TIDEMARK_WEB}
            --bundle --minify --format=iife --target=es2022 --charset=ascii --legal-comments=none
            --log-level=warning --tsconfig-raw={}
    DEPENDS ${from}/main.ts ${from}/${name}.css ${sources} ${TIDEMARK_NPM_STAMP} tidemark_npm
    COMMENT "Bundling web/${name}"
    VERBATIM)
endfunction()
