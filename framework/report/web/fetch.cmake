# cmake -DNPM=… -DUPLOT=… -DFROM=<this folder> -DTO=<folder in the build tree> -P fetch.cmake
# Puts uPlot (package-lock.json pins it) into TO/node_modules/uplot, from the npm registry, or from a
# folder that holds it already.
if(UPLOT)
  if(NOT EXISTS "${UPLOT}/dist/uPlot.iife.min.js" OR NOT EXISTS "${UPLOT}/LICENSE")
    message(FATAL_ERROR "GUNFLINT_UPLOT=${UPLOT} does not hold uPlot: LICENSE and dist/uPlot.iife.min.js are "
                        "expected there; give the folder node_modules/uplot of an npm installation.")
  endif()
  file(MAKE_DIRECTORY "${TO}/node_modules")
  file(COPY "${UPLOT}/" DESTINATION "${TO}/node_modules/uplot")
  file(TOUCH "${TO}/fetched")
  return()
endif()
if(NOT NPM)
  message(FATAL_ERROR "npm is not installed, and the HTML report is made with uPlot from the npm registry; install "
                      "it (apt-get install npm), or give a folder that holds uPlot: cmake -DGUNFLINT_UPLOT=DIR.")
endif()
file(MAKE_DIRECTORY "${TO}")
file(COPY "${FROM}/package.json" "${FROM}/package-lock.json" "${FROM}/.npmrc" DESTINATION "${TO}")
execute_process(
  COMMAND "${NPM}" ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error
  WORKING_DIRECTORY "${TO}" RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output TIMEOUT 300)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "npm could not install uPlot for the HTML report (${result}): ${output}\n"
                      "Is an npm registry reachable? Without one, give a folder that holds uPlot: "
                      "cmake -DGUNFLINT_UPLOT=DIR (node_modules/uplot of any npm installation).")
endif()
# npm keeps the times of the archive, which lie decades back: the build needs one of its own.
file(TOUCH "${TO}/fetched")
