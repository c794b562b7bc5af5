# The verbs of the build: d4_library, d4_program, d4_service, d4_test,
# d4_fuzz.
# A folder's CMakeLists.txt is a list of names in these words.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)
find_package(PkgConfig REQUIRED)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS ON) # _GNU_SOURCE: memmem, accept4, sandbox syscalls
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
add_compile_definitions(_GNU_SOURCE D4_VERSION="${PROJECT_VERSION}")
include_directories(${CMAKE_SOURCE_DIR})

option(D4_WERROR "warnings are errors (CI)" OFF)
option(D4_HARDEN "hardening flags, each probed" ON)
option(D4_STATIC "static programs, stripped" OFF)
option(D4_FUZZ "libFuzzer drivers instead of replay drivers (clang)" OFF)
set(D4_SANITIZE "" CACHE STRING "value for -fsanitize=, e.g. address,undefined")

set(d4_warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wsign-conversion -Wcast-qual -Wformat=2 -Wstrict-prototypes
    -Wmissing-prototypes -Wundef -Wvla -Wimplicit-fallthrough -Wswitch-enum
    -Wnull-dereference)

# d4_flag(FLAG): adds a compiler flag where the compiler knows it.
function(d4_flag flag)
	string(MAKE_C_IDENTIFIER "HAVE${flag}" var)
	check_c_compiler_flag(-Werror\ ${flag} ${var})
	if(${var})
		add_compile_options(${flag})
	endif()
endfunction()

# d4_ldflag(FLAG): the same for the linker.
function(d4_ldflag flag)
	string(MAKE_C_IDENTIFIER "HAVE_LD${flag}" var)
	check_linker_flag(C ${flag} ${var})
	if(${var})
		add_link_options(${flag})
	endif()
endfunction()

foreach(w ${d4_warnings})
	d4_flag(${w})
endforeach()
if(D4_WERROR)
	add_compile_options(-Werror)
endif()
if(D4_SANITIZE)
	add_compile_options(-fsanitize=${D4_SANITIZE} -fno-omit-frame-pointer
	    -fno-sanitize-recover=all)
	add_link_options(-fsanitize=${D4_SANITIZE})
elseif(D4_HARDEN)
	d4_flag(-fstack-protector-strong)
	d4_flag(-fstack-clash-protection)
	d4_flag(-fcf-protection)
	d4_flag(-U_FORTIFY_SOURCE)
	d4_flag(-D_FORTIFY_SOURCE=3)
	d4_ldflag(-Wl,-z,relro,-z,now)
	d4_ldflag(-Wl,-z,noexecstack)
	if(NOT D4_STATIC)
		d4_ldflag(-pie)
	endif()
endif()
if(D4_STATIC)
	set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
	set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
	add_compile_options(-ffunction-sections -fdata-sections)
	add_link_options(-static -s -Wl,--gc-sections)
endif()

# d4_module(TARGET pkg): an imported pkg-config library d4::TARGET.
function(d4_module name pkg)
	pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${pkg})
	add_library(d4::${name} ALIAS PkgConfig::${name})
endfunction()

# d4_library(NAME SOURCES a.c ... LINK lib ...)
function(d4_library name)
	cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
	add_library(${name} STATIC ${A_SOURCES})
	target_link_libraries(${name} PUBLIC ${A_LINK})
endfunction()

# d4_program(NAME SOURCES a.c ... LINK lib ... MAN page ...)
function(d4_program name)
	cmake_parse_arguments(A "" "" "SOURCES;LINK;MAN" ${ARGN})
	add_executable(${name} ${A_SOURCES})
	target_link_libraries(${name} PRIVATE ${A_LINK})
	install(TARGETS ${name})
	foreach(page ${A_MAN})
		string(REGEX MATCH "[0-9]$" section ${page})
		install(FILES ${page}
		    DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
	endforeach()
endfunction()

# d4_service(NAME): its unit, which names the program where it is installed,
# and its accounts, where it has some of its own.
function(d4_service name)
	configure_file(${name}.service.in ${name}.service @ONLY)
	install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.service
	    DESTINATION lib/systemd/system)
	if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}.sysusers)
		install(FILES ${name}.sysusers
		    DESTINATION lib/sysusers.d RENAME ${name}.conf)
	endif()
endfunction()

# What every test finds in its environment. The shared folder of vectors and
# captures lies beside the repository (or beside its worktrees), or nowhere.
foreach(dir $ENV{D4_SHARED} ${CMAKE_SOURCE_DIR}/../shared
    ${CMAKE_SOURCE_DIR}/../../shared)
	if(NOT d4_shared AND IS_DIRECTORY ${dir})
		set(d4_shared ${dir})
	endif()
endforeach()
set(d4_test_env "D4_SHARED=${d4_shared};D4_SOURCE=${CMAKE_SOURCE_DIR}"
    "D4_BIN=${CMAKE_BINARY_DIR}/bin;PYTHONDONTWRITEBYTECODE=1")

# d4_test(NAME SOURCES a.c ... LINK lib ...): a cmocka program; NAME is the
# ctest name, e.g. unit.header.
function(d4_test name)
	cmake_parse_arguments(A "" "" "SOURCES;LINK;OPTIONS" ${ARGN})
	string(REPLACE "." "_" exe ${name})
	add_executable(${exe} ${A_SOURCES})
	target_link_libraries(${exe} PRIVATE ${A_LINK} d4::cmocka)
	target_link_options(${exe} PRIVATE ${A_OPTIONS})
	target_include_directories(${exe} PRIVATE
	    ${CMAKE_SOURCE_DIR}/tests/support)
	add_test(NAME ${name} COMMAND ${exe})
	set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77
	    ENVIRONMENT "${d4_test_env}")
endfunction()

# d4_fuzz(NAME SOURCES a.c LINK lib ...): defines LLVMFuzzerTestOneInput. With
# D4_FUZZ it is a libFuzzer program; otherwise the corpus folder
# tests/fuzz/corpus/NAME is replayed by ctest as fuzz.NAME.
function(d4_fuzz name)
	cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
	set(exe fuzz_${name})
	if(D4_FUZZ)
		add_executable(${exe} ${A_SOURCES})
		target_link_options(${exe} PRIVATE -fsanitize=fuzzer)
		target_link_libraries(${exe} PRIVATE ${A_LINK})
	else()
		add_executable(${exe} ${A_SOURCES}
		    ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c)
		target_link_libraries(${exe} PRIVATE ${A_LINK})
		add_test(NAME fuzz.${name} COMMAND ${exe}
		    ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
	endif()
endfunction()

# d4_script(NAME FILE): an integration test in shell or Python.
function(d4_script name file)
	add_test(NAME ${name} COMMAND ${file})
	set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600
	    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
	    ENVIRONMENT "${d4_test_env}")
endfunction()
