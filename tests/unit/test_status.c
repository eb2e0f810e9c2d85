#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/status.h"

static void every_status_has_a_name_a_text_and_a_policy(void **state)
{
	(void)state;
	for (int s = 0; s < STATUSES; s++) {
		assert_true(strlen(status_name((enum status)s)) > 0);
		assert_true(strlen(status_text((enum status)s)) > 0);
		for (int other = 0; other < s; other++)
			assert_string_not_equal(status_name((enum status)s),
			                        status_name((enum status)other));
	}
	assert_string_equal(status_name(STATUS_TIMEOUT), "TIMEOUT");
	assert_string_equal(status_text(STATUS_TIMEOUT), "timed out");
	assert_int_equal(status_policy(STATUS_OK), POLICY_NONE);
	assert_int_equal(status_policy(STATUS_TIMEOUT), POLICY_RETRY);
	assert_int_equal(status_policy(STATUS_MALFORMED), POLICY_PARK);
	assert_int_equal(status_policy(STATUS_FENCED), POLICY_CRASH);
}

static void only_success_has_no_policy(void **state)
{
	(void)state;
	for (int s = STATUS_OK + 1; s < STATUSES; s++)
		assert_int_not_equal(status_policy((enum status)s), POLICY_NONE);
}

static void a_number_that_is_no_status_ends_the_role(void **state)
{
	(void)state;
	assert_int_equal(status_policy((enum status)STATUSES), POLICY_CRASH);
	assert_string_equal(status_name((enum status)STATUSES), "?");
}

static void an_error_is_set_and_returned_in_one_statement(void **state)
{
	(void)state;
	struct error err = {STATUS_OK, ""};
	assert_int_equal(error_set(&err, STATUS_FENCED, "fenced by epoch %d", 7), STATUS_FENCED);
	assert_int_equal(err.status, STATUS_FENCED);
	assert_string_equal(err.text, "fenced by epoch 7");
}

static void an_error_may_be_set_without_a_place_for_it(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, STATUS_IO, "nobody reads this"), STATUS_IO);
}

static void context_is_put_in_front(void **state)
{
	(void)state;
	struct error err;
	error_set(&err, STATUS_FENCED, "fenced by a newer owner");
	assert_int_equal(error_wrap(&err, "commit"), STATUS_FENCED);
	assert_int_equal(error_wrap(&err, "append partition %d", 3), STATUS_FENCED);
	assert_string_equal(err.text, "append partition 3: commit: fenced by a newer owner");
}

static void a_chain_that_outgrows_the_text_loses_its_innermost_part(void **state)
{
	(void)state;
	struct error err;
	char expected[sizeof(err.text)];
	error_set(&err, STATUS_IO, "%0600d", 1);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	error_wrap(&err, "outer");
	memset(expected, '0', sizeof(expected) - 1);
	expected[sizeof(expected) - 1] = '\0';
	memcpy(expected, "outer: ", 7);
	assert_string_equal(err.text, expected);
	error_wrap(&err, "%0600d", 2);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void an_error_may_be_formatted_from_its_own_text(void **state)
{
	(void)state;
	struct error err;
	error_set(&err, STATUS_IO, "disk gone");
	error_set(&err, STATUS_CORRUPT, "page 4: %s", err.text);
	assert_string_equal(err.text, "page 4: disk gone");
	error_wrap(&err, "after \"%s\"", err.text);
	assert_string_equal(err.text, "after \"page 4: disk gone\": page 4: disk gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_status_has_a_name_a_text_and_a_policy),
	        cmocka_unit_test(only_success_has_no_policy),
	        cmocka_unit_test(a_number_that_is_no_status_ends_the_role),
	        cmocka_unit_test(an_error_is_set_and_returned_in_one_statement),
	        cmocka_unit_test(an_error_may_be_set_without_a_place_for_it),
	        cmocka_unit_test(context_is_put_in_front),
	        cmocka_unit_test(a_chain_that_outgrows_the_text_loses_its_innermost_part),
	        cmocka_unit_test(an_error_may_be_formatted_from_its_own_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
