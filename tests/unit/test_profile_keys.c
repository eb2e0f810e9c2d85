#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/store/profile_keys.h"

#define ACME SLICE("acme")

struct keys_fixture {
	char dir[64];
	struct config config;
	struct profile_keys *keys;
	struct uuid ada;
	struct buf sealed;
	struct buf text;
	struct profile out;
	struct error err;
};

static const struct profile ada_profile = {
        .issuer = {"nexusflow", 9},
        .subject = {"ada", 3},
        .name = {"Ada \"L\" \xc3\xa9", 10},
        .email = {"ada@example.org", 15},
};

static void open_keys(struct keys_fixture *f)
{
	if (profile_keys_open(&f->config, &f->keys, &f->err))
		fail_msg("%s", f->err.text);
}

static int setup(void **state)
{
	struct keys_fixture *f = mem_new(sizeof *f);
	strcpy(f->dir, "/tmp/nf-keys-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->config.data_dir = f->dir;
	f->config.map_size_gib = 1;
	open_keys(f);
	f->ada = uuid_v4();
	assert_int_equal(profile_seal(f->keys, ACME, &f->ada, &ada_profile, &f->sealed, &f->err),
	                 STATUS_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct keys_fixture *f = *state;
	profile_keys_close(f->keys);
	buf_release(&f->sealed);
	buf_release(&f->text);
	char command[128];
	snprintf(command, sizeof command, "rm -r %s", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static enum status unseal(struct keys_fixture *f, struct slice tenant, const struct uuid *member)
{
	return profile_unseal(f->keys, tenant, member, buf_slice(&f->sealed), &f->text, &f->out,
	                      &f->err);
}

static void a_sealed_profile_reads_back_equal(void **state)
{
	struct keys_fixture *f = *state;
	assert_int_equal(unseal(f, ACME, &f->ada), STATUS_OK);
	assert_true(slice_equal(f->out.issuer, ada_profile.issuer));
	assert_true(slice_equal(f->out.subject, ada_profile.subject));
	assert_true(slice_equal(f->out.name, ada_profile.name));
	assert_true(slice_equal(f->out.email, ada_profile.email));
}

static void the_sealed_bytes_do_not_show_the_name(void **state)
{
	struct keys_fixture *f = *state;
	assert_null(memmem(f->sealed.data, f->sealed.n, "Ada", 3));
	assert_null(memmem(f->sealed.data, f->sealed.n, "example", 7));
}

static void sealing_twice_gives_other_bytes_that_both_open(void **state)
{
	struct keys_fixture *f = *state;
	struct buf again = {0};
	assert_int_equal(profile_seal(f->keys, ACME, &f->ada, &ada_profile, &again, &f->err),
	                 STATUS_OK);
	assert_false(slice_equal(buf_slice(&again), buf_slice(&f->sealed)));
	assert_int_equal(profile_unseal(f->keys, ACME, &f->ada, buf_slice(&again), &f->text,
	                                &f->out, &f->err),
	                 STATUS_OK);
	assert_int_equal(unseal(f, ACME, &f->ada), STATUS_OK);
	buf_release(&again);
}

static void a_profile_opens_after_the_store_was_opened_again(void **state)
{
	struct keys_fixture *f = *state;
	profile_keys_close(f->keys);
	open_keys(f);
	assert_int_equal(unseal(f, ACME, &f->ada), STATUS_OK);
}

static void a_forgotten_profile_is_not_found_and_stays_so_when_sealed_anew(void **state)
{
	struct keys_fixture *f = *state;
	assert_int_equal(profile_forget(f->keys, ACME, &f->ada, &f->err), STATUS_OK);
	assert_int_equal(unseal(f, ACME, &f->ada), STATUS_NOT_FOUND);
	struct buf again = {0};
	assert_int_equal(profile_seal(f->keys, ACME, &f->ada, &ada_profile, &again, &f->err),
	                 STATUS_OK);
	assert_int_equal(unseal(f, ACME, &f->ada), STATUS_CORRUPT);
	buf_release(&again);
}

static void a_flipped_bit_anywhere_is_noticed(void **state)
{
	struct keys_fixture *f = *state;
	for (size_t i = 0; i < f->sealed.n; i++) {
		f->sealed.data[i] ^= 1;
		assert_int_equal(unseal(f, ACME, &f->ada), STATUS_CORRUPT);
		f->sealed.data[i] ^= 1;
	}
	for (size_t n = 0; n < f->sealed.n; n++)
		assert_int_equal(profile_unseal(f->keys, ACME, &f->ada, slice_of(f->sealed.data, n),
		                                &f->text, &f->out, &f->err),
		                 STATUS_CORRUPT);
}

static void a_profile_does_not_open_for_another_member_or_tenant(void **state)
{
	struct keys_fixture *f = *state;
	struct uuid eve = uuid_v4();
	struct buf other = {0};
	assert_int_equal(unseal(f, ACME, &eve), STATUS_NOT_FOUND);
	assert_int_equal(profile_seal(f->keys, ACME, &eve, &ada_profile, &other, &f->err),
	                 STATUS_OK);
	assert_int_equal(unseal(f, ACME, &eve), STATUS_CORRUPT);
	assert_int_equal(
	        profile_seal(f->keys, SLICE("umbra"), &f->ada, &ada_profile, &other, &f->err),
	        STATUS_OK);
	assert_int_equal(unseal(f, SLICE("umbra"), &f->ada), STATUS_CORRUPT);
	buf_release(&other);
}

static void a_tenant_without_a_name_is_invalid(void **state)
{
	struct keys_fixture *f = *state;
	assert_int_equal(unseal(f, SLICE(""), &f->ada), STATUS_INVALID);
}

static void the_identity_hash_keeps_its_parts_apart(void **state)
{
	(void)state;
	uint8_t a[32], b[32], c[32];
	identity_hash(SLICE("acme"), SLICE("iss"), SLICE("sub"), a);
	identity_hash(SLICE("acme"), SLICE("isss"), SLICE("ub"), b);
	identity_hash(SLICE("acme"), SLICE("iss"), SLICE("sub"), c);
	assert_memory_not_equal(a, b, 32);
	assert_memory_equal(a, c, 32);
}

static void the_identity_hash_is_the_sha256_of_length_prefixed_parts(void **state)
{
	(void)state;
	/* printf '\0\0\0\4acme\0\0\0\3iss\0\0\0\3sub' | sha256sum */
	static const uint8_t expected[32] = {0xbb, 0xea, 0xe8, 0xad, 0x67, 0xef, 0xb4, 0xba,
	                                     0x9c, 0x71, 0x28, 0x9f, 0x00, 0x9c, 0x0c, 0x10,
	                                     0x45, 0x59, 0x0d, 0x0d, 0xca, 0x25, 0xb9, 0x27,
	                                     0xda, 0x6b, 0x5f, 0x04, 0x5b, 0x41, 0x4e, 0xdf};
	uint8_t hash[32];
	identity_hash(SLICE("acme"), SLICE("iss"), SLICE("sub"), hash);
	assert_memory_equal(hash, expected, 32);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_sealed_profile_reads_back_equal),
	        CASE(the_sealed_bytes_do_not_show_the_name),
	        CASE(sealing_twice_gives_other_bytes_that_both_open),
	        CASE(a_profile_opens_after_the_store_was_opened_again),
	        CASE(a_forgotten_profile_is_not_found_and_stays_so_when_sealed_anew),
	        CASE(a_flipped_bit_anywhere_is_noticed),
	        CASE(a_profile_does_not_open_for_another_member_or_tenant),
	        CASE(a_tenant_without_a_name_is_invalid),
	        cmocka_unit_test(the_identity_hash_keeps_its_parts_apart),
	        cmocka_unit_test(the_identity_hash_is_the_sha256_of_length_prefixed_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
