# tandem_module(NAME [RECURSE] [DEPENDS module…] [LIBS library…] [TEST_DEPENDS module…])
# A room: library tandem_NAME of all *.cpp here but *_test.cpp, and the test program NAME_test of all *_test.cpp.
# Each x.sql becomes the header x_sql.hpp (see tools/sql_header.py). RECURSE takes subfolders that have no
# CMakeLists.txt of their own.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

set(TANDEM_PCH_DIR ${CMAKE_SOURCE_DIR}/cmake/pch)

function(tandem_module name)
  cmake_parse_arguments(arg "RECURSE" "" "DEPENDS;LIBS;TEST_DEPENDS" ${ARGN})
  if(arg_RECURSE)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS *.cpp *.sql)
    file(GLOB_RECURSE nested CONFIGURE_DEPENDS CMakeLists.txt)
    list(REMOVE_ITEM nested ${CMAKE_CURRENT_SOURCE_DIR}/CMakeLists.txt)
    foreach(inner ${nested})
      get_filename_component(inner_dir ${inner} DIRECTORY)
      list(FILTER found EXCLUDE REGEX "^${inner_dir}/")
    endforeach()
  else()
    file(GLOB found CONFIGURE_DEPENDS *.cpp *.sql)
  endif()
  set(sources ${found})
  list(FILTER sources INCLUDE REGEX "\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$|_main\\.cpp$")
  set(tests ${found})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set(statements ${found})
  list(FILTER statements INCLUDE REGEX "\\.sql$")

  set(generated)
  foreach(sql ${statements})
    file(RELATIVE_PATH relative ${CMAKE_SOURCE_DIR}/src ${sql})
    string(REGEX REPLACE "\\.sql$" "_sql.hpp" header ${CMAKE_BINARY_DIR}/generated/${relative})
    add_custom_command(OUTPUT ${header} DEPENDS ${sql} ${CMAKE_SOURCE_DIR}/tools/sql_header.py
      COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/sql_header.py ${sql} ${header}
      COMMENT "SQL ${relative}")
    list(APPEND generated ${header})
  endforeach()

  list(TRANSFORM arg_DEPENDS PREPEND tandem_ OUTPUT_VARIABLE depends)
  if(sources)
    add_library(tandem_${name} STATIC ${sources} ${generated})
    set(scope PUBLIC)
    target_precompile_headers(tandem_${name} REUSE_FROM tandem_pch)
  else()
    add_library(tandem_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(tandem_${name} ${scope} ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(tandem_${name} ${scope} ${depends} ${arg_LIBS} tandem_asio)

  if(tests AND TANDEM_TESTS)
    list(TRANSFORM arg_TEST_DEPENDS PREPEND tandem_ OUTPUT_VARIABLE test_depends)
    add_executable(${name}_test ${tests})
    target_precompile_headers(${name}_test REUSE_FROM tandem_test_pch)
    target_compile_options(${name}_test PRIVATE ${TANDEM_TEST_OPTIONS})
    target_link_libraries(${name}_test PRIVATE tandem_${name} ${test_depends} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE TANDEM_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
      TANDEM_BINARY_DIR="${CMAKE_BINARY_DIR}")
    add_test(NAME ${name} COMMAND ${name}_test)
  endif()
endfunction()

# Asio's bodies; the precompiled header makes every file need a few of them.
add_library(tandem_asio STATIC ${CMAKE_SOURCE_DIR}/src/async/asio/asio_impl.cpp)
target_link_libraries(tandem_asio PUBLIC Boost::headers Threads::Threads)

# The two precompiled headers of the house: one for the product, one for tests.
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/pch/product.cpp CONTENT "")
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/pch/test.cpp CONTENT "")
add_library(tandem_pch OBJECT ${CMAKE_BINARY_DIR}/pch/product.cpp)
target_precompile_headers(tandem_pch PRIVATE ${TANDEM_PCH_DIR}/product.hpp)
target_link_libraries(tandem_pch PUBLIC Boost::headers)
if(TANDEM_TESTS)
  add_library(tandem_test_pch OBJECT ${CMAKE_BINARY_DIR}/pch/test.cpp)
  target_compile_options(tandem_test_pch PRIVATE ${TANDEM_TEST_OPTIONS})
  target_precompile_headers(tandem_test_pch PRIVATE ${TANDEM_PCH_DIR}/test.hpp)
  target_link_libraries(tandem_test_pch PUBLIC Boost::headers GTest::gtest)
endif()
