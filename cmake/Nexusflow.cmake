# Small helpers so that every folder's CMakeLists.txt is a list of its modules.

# nf_library(NAME SOURCES a.c b.c [DEPENDS lib ...])
function(nf_library name)
	cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
	add_library(${name} STATIC ${arg_SOURCES})
	target_link_libraries(${name} PUBLIC ${arg_DEPENDS})
endfunction()

# nf_sql(LIBRARY a.sql ...): what the SQL files hold as strings, in generated/a_sql.h (embed_sql.cmake)
function(nf_sql library)
	foreach(file ${ARGN})
		string(REPLACE ".sql" "_sql.h" header ${file})
		set(header ${generated_dir}/${header})
		add_custom_command(OUTPUT ${header}
			COMMAND ${CMAKE_COMMAND} -D FROM=${CMAKE_CURRENT_SOURCE_DIR}/${file} -D TO=${header}
				-P ${CMAKE_SOURCE_DIR}/cmake/embed_sql.cmake
			DEPENDS ${file} ${CMAKE_SOURCE_DIR}/cmake/embed_sql.cmake VERBATIM)
		target_sources(${library} PRIVATE ${header})
	endforeach()
endfunction()

# Where the services that tests run against leave what is to know about them: tests/lib/services.
set(NF_SERVICES_DIR ${CMAKE_BINARY_DIR}/services)

# The arguments that every kind of test takes:
#   [TIMEOUT s] [ENVIRONMENT K=V ...]
#   [FIXTURES postgres|kafka ...]   real servers, started once per ctest run; the test finds NEXUSFLOW_TEST_POSTGRES
#                                   (an empty database of its own) and NEXUSFLOW_TEST_KAFKA in its environment
function(nf_add_test label name)
	cmake_parse_arguments(arg "" "TIMEOUT" "COMMAND;ENVIRONMENT;FIXTURES" ${ARGN})
	if(NOT arg_TIMEOUT)
		set(arg_TIMEOUT 900) # a bound for what hangs, not for what is slow
	endif()
	set(command ${arg_COMMAND})
	if(arg_FIXTURES)
		list(JOIN arg_FIXTURES "," services)
		set(command ${CMAKE_SOURCE_DIR}/tests/lib/services with ${NF_SERVICES_DIR} ${services} ${name} ${command})
	endif()
	add_test(NAME ${label}/${name} COMMAND ${command} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
	set_tests_properties(${label}/${name} PROPERTIES LABELS ${label} TIMEOUT ${arg_TIMEOUT}
		ENVIRONMENT "${arg_ENVIRONMENT}" FIXTURES_REQUIRED "${arg_FIXTURES}")
endfunction()

# nf_test(LABEL NAME SOURCES ... DEPENDS ... [TIMEOUT ...] [ENVIRONMENT ...] [FIXTURES ...]): one cmocka executable,
# ctest name LABEL/NAME
function(nf_test label name)
	cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPENDS;ENVIRONMENT;FIXTURES" ${ARGN})
	set(target test_${label}_${name})
	add_executable(${target} ${arg_SOURCES})
	target_link_libraries(${target} PRIVATE ${arg_DEPENDS} cmocka)
	nf_add_test(${label} ${name} COMMAND $<TARGET_FILE:${target}> TIMEOUT ${arg_TIMEOUT}
		ENVIRONMENT ${arg_ENVIRONMENT} FIXTURES ${arg_FIXTURES})
endfunction()

# nf_script_test(LABEL NAME COMMAND program args... [TIMEOUT ...] [ENVIRONMENT ...] [FIXTURES ...]): a script, run in
# the source directory
function(nf_script_test label name)
	nf_add_test(${label} ${name} ${ARGN})
endfunction()

# nf_unit_test(NAME DEPENDS ...): tests/unit/test_NAME.c, needs nothing running
function(nf_unit_test name)
	nf_test(unit ${name} SOURCES ${CMAKE_SOURCE_DIR}/tests/unit/test_${name}.c ${ARGN})
endfunction()
