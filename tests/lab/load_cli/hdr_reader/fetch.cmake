# cmake -DNPM=… -DFROM=<this folder> -DTO=<folder in the build tree> -P fetch.cmake
# A reader of HdrHistogram logs (package-lock.json pins it) for the test that has one read ours. Without an
# npm registry there is none, and the test says so.
file(MAKE_DIRECTORY "${TO}")
file(COPY "${FROM}/package.json" "${FROM}/package-lock.json" "${FROM}/.npmrc" "${FROM}/read.js" DESTINATION "${TO}")
set(result "npm is not installed")
if(NPM)
  execute_process(
    COMMAND "${NPM}" ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error
    WORKING_DIRECTORY "${TO}" RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET TIMEOUT 120)
endif()
if(NOT result EQUAL 0)
  message("npm could not install hdr-histogram-js (${result}): the test of --hdr will be skipped")
endif()
file(TOUCH "${TO}/fetched")
