/* The journal contract on a real broker (NEXUSFLOW_TEST_KAFKA). */
#include "tests/contract/journal_contract.h"
#include "tests/contract/kafka_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

int main(void)
{
	struct journal_place place = {
	        .driver = "kafka",
	        .create = kafka_place_create,
	        .destroy = kafka_place_destroy,
	        .kill_rounds = 8,
	};

	return journal_contract_run(&place);
}
