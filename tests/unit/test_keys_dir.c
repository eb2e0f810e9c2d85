/* The id of the keys of an installation: made once, whoever asks first, and read by everybody. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/store/keys_dir.h"

struct place {
	char dir[64];
	char data[80];
	char id_path[96];
	struct config config;
};

static int setup(void **state)
{
	struct place *p = mem_new(sizeof *p);

	strcpy(p->dir, "/tmp/nf-keys-dir-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->data, sizeof p->data, "%s/data", p->dir);
	snprintf(p->id_path, sizeof p->id_path, "%s/keys/keys.id", p->data);
	p->config.data_dir = p->data;
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -r %s", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static struct uuid id_of(const struct place *p)
{
	struct uuid id;
	struct error err = {.text = ""};

	if (keys_dir_id(&p->config, true, &id, &err))
		fail_msg("%s", err.text);
	return id;
}

static void write_file(const struct place *p, const char *text)
{
	FILE *file = fopen(p->id_path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void the_id_is_made_once_and_for_nobody_else_to_read(void **state)
{
	struct place *p = *state;
	struct uuid id = id_of(p), again = id_of(p);
	struct stat info;

	assert_false(uuid_is_nil(&id));
	assert_true(uuid_equal(&id, &again));
	assert_int_equal(stat(p->id_path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
}

static void keys_dir_says_where_it_is(void **state)
{
	struct place *p = *state;
	struct uuid own = id_of(p);
	char elsewhere[80];

	snprintf(elsewhere, sizeof elsewhere, "%s/shared", p->dir);
	p->config.keys_dir = elsewhere;
	struct uuid shared = id_of(p);
	assert_false(uuid_equal(&own, &shared));
}

static void who_only_looks_makes_nothing(void **state)
{
	struct place *p = *state;
	struct error err = {.text = ""};
	struct uuid id = uuid_v4();

	assert_int_equal(keys_dir_id(&p->config, false, &id, &err), STATUS_OK);
	assert_true(uuid_is_nil(&id));
	assert_int_equal(access(p->data, F_OK), -1);
}

static void an_operator_may_write_it(void **state)
{
	struct place *p = *state;
	struct uuid wanted;

	id_of(p);
	write_file(p, "01890a5d-ac96-774b-bcce-b302099a8057\n");
	struct uuid id = id_of(p);
	assert_true(uuid_parse(SLICE("01890a5d-ac96-774b-bcce-b302099a8057"), &wanted));
	assert_true(uuid_equal(&id, &wanted));
}

static void what_is_no_id_is_refused_by_name(void **state)
{
	static const char *const bad[] = {"", "\n", "01890a5d-ac96-774b-bcce",
	                                  "01890a5d-ac96-774b-bcce-b302099a805x\n"};
	struct place *p = *state;

	id_of(p);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct error err = {.text = ""};
		struct uuid id;
		write_file(p, bad[i]);
		assert_int_equal(keys_dir_id(&p->config, true, &id, &err), STATUS_INVALID);
		assert_non_null(strstr(err.text, p->id_path));
	}
}

static void a_directory_that_cannot_be_made_is_named(void **state)
{
	struct place *p = *state;
	struct error err = {.text = ""};
	struct uuid id;

	p->config.data_dir = "/proc/nexusflow";
	assert_int_equal(keys_dir_id(&p->config, true, &id, &err), STATUS_IO);
	assert_non_null(strstr(err.text, "/proc/nexusflow"));
}

struct asker {
	pthread_t thread;
	const struct place *place;
	struct uuid id;
};

static void *ask(void *arg)
{
	struct asker *asker = arg;

	asker->id = id_of(asker->place);
	return NULL;
}

static void all_that_ask_at_once_get_the_same(void **state)
{
	enum { ROUNDS = 50, ASKERS = 4 };
	struct place *p = *state;

	for (int round = 0; round < ROUNDS; round++) {
		struct asker askers[ASKERS];
		for (int i = 0; i < ASKERS; i++) {
			askers[i].place = p;
			assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]),
			                 0);
		}
		for (int i = 0; i < ASKERS; i++)
			pthread_join(askers[i].thread, NULL);
		for (int i = 1; i < ASKERS; i++)
			assert_true(uuid_equal(&askers[0].id, &askers[i].id));
		assert_int_equal(unlink(p->id_path), 0);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(the_id_is_made_once_and_for_nobody_else_to_read),
	        CASE(keys_dir_says_where_it_is),
	        CASE(who_only_looks_makes_nothing),
	        CASE(an_operator_may_write_it),
	        CASE(what_is_no_id_is_refused_by_name),
	        CASE(a_directory_that_cannot_be_made_is_named),
	        CASE(all_that_ask_at_once_get_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
