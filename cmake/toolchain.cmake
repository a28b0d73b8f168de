# Compiler, sanitizers, ccache, linker: the same flags for every target, so that all can share the precompiled headers.
add_compile_options(-Wall -Wextra -Wno-missing-field-initializers -Xclang -fno-pch-timestamp)
add_link_options(-fuse-ld=lld)
if(TANDEM_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  # Compiling the tests themselves takes half as long so; what they test stays as the preset has it.
  set(TANDEM_TEST_OPTIONS -O0)
endif()

option(TANDEM_FUZZ "libFuzzer targets (with TANDEM_SANITIZE); without it they only replay and mutate their seeds" OFF)
if(TANDEM_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
               CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

# One definition for all translation units: Asio's bodies are compiled once, in src/async/asio/asio_impl.cpp.
add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_REGEX)
# Asio takes the memory of every coroutine from aligned_alloc, which in glibc is several times slower than operator
# new; 16 bytes of alignment are enough for all that we have. Not with sanitizers, which want to see each block.
add_compile_definitions("$<$<CONFIG:Release>:BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC;BOOST_ASIO_DISABLE_BOOST_ALIGN>")
