# Small helpers so that every folder's CMakeLists.txt is a list of its modules.

# nf_library(NAME SOURCES a.c b.c [DEPENDS lib ...])
function(nf_library name)
	cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
	add_library(${name} STATIC ${arg_SOURCES})
	target_link_libraries(${name} PUBLIC ${arg_DEPENDS})
endfunction()

# nf_test(LABEL NAME SOURCES ... DEPENDS ... [TIMEOUT s] [ENVIRONMENT K=V ...]): one cmocka executable, ctest name LABEL/NAME
function(nf_test label name)
	cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPENDS;ENVIRONMENT" ${ARGN})
	if(NOT arg_TIMEOUT)
		set(arg_TIMEOUT 120)
	endif()
	set(target test_${label}_${name})
	add_executable(${target} ${arg_SOURCES})
	target_link_libraries(${target} PRIVATE ${arg_DEPENDS} cmocka)
	add_test(NAME ${label}/${name} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
	set_tests_properties(${label}/${name} PROPERTIES LABELS ${label} TIMEOUT ${arg_TIMEOUT}
		ENVIRONMENT "${arg_ENVIRONMENT}")
endfunction()

# nf_unit_test(NAME DEPENDS ...): tests/unit/test_NAME.c, needs nothing running
function(nf_unit_test name)
	nf_test(unit ${name} SOURCES ${CMAKE_SOURCE_DIR}/tests/unit/test_${name}.c ${ARGN})
endfunction()
