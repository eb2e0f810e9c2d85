/* Tokens: what is accepted, and everything that must not be. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>
#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/jws.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>

#include "cli/token.h"
#include "core/base/clock.h"
#include "core/http/auth.h"

#define NOW_MS 1800000000000LL
#define NOW_S  (NOW_MS / 1000)

struct given {
	char data_dir[64];
	char key_path[96];
	struct config config;
	struct auth *auth;
	json_t *key;
};

static int setup(void **state)
{
	struct given *given = mem_new(sizeof(*given));
	struct error err;

	strcpy(given->data_dir, "/tmp/nexusflow-auth-XXXXXX");
	assert_non_null(mkdtemp(given->data_dir));
	snprintf(given->key_path, sizeof(given->key_path), "%s/keys/token.jwk", given->data_dir);
	given->config = (struct config){.data_dir = given->data_dir,
	                                .token_issuer = "nexusflow",
	                                .token_audience = "nexusflow"};
	assert_int_equal(auth_open(&given->config, true, &given->auth, &err), STATUS_OK);
	given->key = json_load_file(given->key_path, 0, NULL);
	assert_non_null(given->key);
	*state = given;
	return 0;
}

static int teardown(void **state)
{
	struct given *given = *state;
	char keys[96];

	auth_close(given->auth);
	json_decref(given->key);
	unlink(given->key_path);
	snprintf(keys, sizeof(keys), "%s/keys", given->data_dir);
	rmdir(keys);
	rmdir(given->data_dir);
	free(given);
	return 0;
}

static json_t *good_claims(void)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "iss", "nexusflow", "aud", "nexusflow", "sub",
	                 "ann", "jti", "token-1", "exp", (json_int_t)(NOW_S + 100), "nbf",
	                 (json_int_t)(NOW_S - 100));
}

/* Sign @claims (taken) with @key under the @header (taken). */
static void sign(const json_t *key, json_t *header, json_t *claims, struct buf *token)
{
	json_t *jws = json_pack("{s:o}", "payload", jose_b64_enc_dump(claims));
	json_t *sig = json_pack("{s:o}", "protected", header);
	const char *part[3];

	assert_true(jose_jws_sig(NULL, jws, sig, key));
	assert_int_equal(json_unpack(jws, "{s:s,s:s,s:s}", "protected", &part[0], "payload",
	                             &part[1], "signature", &part[2]),
	                 0);
	buf_clear(token);
	buf_printf(token, "Bearer %s.%s.%s", part[0], part[1], part[2]);
	json_decref(jws);
	json_decref(sig);
	json_decref(claims);
}

static enum status check_at(struct given *given, const struct buf *token, int64_t now_ms,
                            struct error *err)
{
	struct principal principal;

	return auth_check(given->auth, buf_slice(token), now_ms, &principal, err);
}

static void expect_denied(struct given *given, const struct buf *token, const char *reason)
{
	struct error err = {0};

	for (int i = 0; i < 2; i++) { /* a refusal is not cached as an acceptance */
		assert_int_equal(check_at(given, token, NOW_MS, &err), STATUS_DENIED);
		assert_non_null(strstr(err.text, reason));
	}
}

static void sign_good(struct given *given, json_t *claims, struct buf *token)
{
	sign(given->key, json_pack("{s:s,s:s}", "alg", "ES256", "typ", "JWT"), claims, token);
}

static void an_api_key_is_taken_apart_and_proves_nothing(void **state)
{
	struct given *given = *state;
	struct principal principal;
	struct error err;
	struct slice header = SLICE("Bearer nfk_acme_01020304-0506-0708-090a-0b0c0d0e0f10_"
	                            "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc");

	assert_int_equal(auth_check(given->auth, header, NOW_MS, &principal, &err), STATUS_OK);
	assert_true(principal.has_key);
	assert_true(slice_is(principal.key_tenant, "acme"));
	assert_true(slice_is(principal.credential_id, "01020304-0506-0708-090a-0b0c0d0e0f10"));
	assert_int_equal(principal.issuer.n + principal.subject.n, 0);
	assert_false(principal.installation || principal.service);
	header.n--;
	assert_int_equal(auth_check(given->auth, header, NOW_MS, &principal, &err), STATUS_DENIED);
	assert_string_equal(err.text, "the API key is malformed");
}

static void an_issued_token_names_its_principal(void **state)
{
	struct given *given = *state;
	struct auth_claims claims = {
	        .subject = "ann@example.org", .installation = true, .ttl_s = 60};
	struct principal principal;
	struct error err;
	struct buf token = {0};

	buf_append_str(&token, "bearer ");
	assert_int_equal(auth_issue(given->auth, &claims, NOW_MS, &token, &err), STATUS_OK);
	for (int i = 0; i < 2; i++) { /* verified, then from the cache */
		assert_int_equal(
		        auth_check(given->auth, buf_slice(&token), NOW_MS, &principal, &err),
		        STATUS_OK);
		assert_true(slice_is(principal.subject, "ann@example.org"));
		assert_true(slice_is(principal.issuer, "nexusflow"));
		assert_int_equal(principal.credential_id.n, UUID_TEXT);
		assert_true(principal.installation);
		assert_false(principal.service);
	}
	buf_release(&token);
}

static void a_token_signed_with_the_key_is_accepted(void **state)
{
	struct given *given = *state;
	struct error err = {0};
	struct buf token = {0};

	sign_good(given, good_claims(), &token);
	assert_int_equal(check_at(given, &token, NOW_MS, &err), STATUS_OK);
	json_t *claims = good_claims();
	json_object_set_new(claims, "aud", json_pack("[s,s]", "other", "nexusflow"));
	sign_good(given, claims, &token);
	assert_int_equal(check_at(given, &token, NOW_MS, &err), STATUS_OK);
	buf_release(&token);
}

static void no_token_and_garbage_are_denied(void **state)
{
	struct given *given = *state;
	static const char *const headers[] = {
	        "",
	        "Bearer",
	        "Bearer ",
	        "Basic YTpi",
	        "Token a.b.c",
	        "Bearer a",
	        "Bearer a.b",
	        "Bearer a.b.c",
	        "Bearer a.b.c.d",
	        "Bearer ..",
	        "Bearer .b.c",
	        "Bearer a..c",
	        "Bearer a.b.",
	        "Bearer a b.c.d",
	        "Bearer \xff.\xff.\xff",
	        "Bearer e30.e30.e30",
	        "Bearer W10.W10.W10",
	        "Bearer bnVsbA.bnVsbA.bnVsbA",
	};
	struct principal principal;
	struct error err;

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		assert_int_equal(
		        auth_check(given->auth, slice_str(headers[i]), NOW_MS, &principal, &err),
		        STATUS_DENIED);
}

static void an_unsigned_token_is_denied(void **state)
{
	struct given *given = *state;
	static const char *const algorithms[] = {"none", "None", "NONE", "", "ES384", "RS256"};
	json_t *claims = good_claims();
	json_t *payload = jose_b64_enc_dump(claims);
	struct buf token = {0};

	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++) {
		json_t *header = json_pack("{s:s}", "alg", algorithms[i]);
		json_t *encoded = jose_b64_enc_dump(header);
		buf_clear(&token);
		buf_printf(&token, "Bearer %s.%s.", json_string_value(encoded),
		           json_string_value(payload));
		expect_denied(given, &token, "malformed");
		buf_append_str(&token, "AAAA");
		expect_denied(given, &token, "algorithm");
		json_decref(encoded);
		json_decref(header);
	}
	json_decref(payload);
	json_decref(claims);
	buf_release(&token);
}

static void hs256_with_the_public_key_as_secret_is_denied(void **state)
{
	struct given *given = *state;
	json_t *public = json_deep_copy(given->key);
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_n;
	struct buf signed_part = {0}, token = {0};

	assert_true(jose_jwk_pub(NULL, public));
	char *secret = json_dumps(public, JSON_COMPACT);
	json_t *header = json_pack("{s:s,s:s}", "alg", "HS256", "typ", "JWT");
	json_t *claims = good_claims();
	json_t *first = jose_b64_enc_dump(header), *second = jose_b64_enc_dump(claims);
	buf_printf(&signed_part, "%s.%s", json_string_value(first), json_string_value(second));
	assert_non_null(HMAC(EVP_sha256(), secret, (int)strlen(secret),
	                     (const unsigned char *)signed_part.data, signed_part.n, mac, &mac_n));
	json_t *signature = jose_b64_enc(mac, mac_n);
	buf_printf(&token, "Bearer %s.%s", buf_cstr(&signed_part), json_string_value(signature));
	expect_denied(given, &token, "algorithm");
	free(secret);
	json_decref(signature);
	json_decref(first);
	json_decref(second);
	json_decref(claims);
	json_decref(header);
	json_decref(public);
	buf_release(&signed_part);
	buf_release(&token);
}

static void wrong_or_missing_claims_are_denied(void **state)
{
	struct given *given = *state;
	static const struct {
		const char *claim;
		const char *json; /* NULL: leave it out */
		const char *reason;
	} rows[] = {
	        {"iss", "\"other\"", "issuer"},
	        {"iss", NULL, "issuer"},
	        {"iss", "[\"nexusflow\"]", "issuer"},
	        {"aud", "\"other\"", "audience"},
	        {"aud", NULL, "audience"},
	        {"aud", "[\"a\",\"b\"]", "audience"},
	        {"aud", "[]", "audience"},
	        {"aud", "{}", "audience"},
	        {"sub", NULL, "subject"},
	        {"sub", "\"\"", "subject"},
	        {"sub", "7", "subject"},
	        {"jti", NULL, "no id"},
	        {"exp", NULL, "expiry"},
	        {"exp", "\"1900000000\"", "expiry"},
	        {"exp", "1e300", "expiry"},
	        {"exp", "9223372036854775807", "expiry"},
	        {"exp", "-1", "expiry"},
	        {"nbf", "\"soon\"", "nbf"},
	        {"exp", "1799999970", "expired"},
	        {"nbf", "1800000031", "not valid yet"},
	};
	struct buf token = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_t *claims = good_claims();
		if (rows[i].json)
			json_object_set_new(claims, rows[i].claim,
			                    json_loads(rows[i].json, JSON_DECODE_ANY, NULL));
		else
			json_object_del(claims, rows[i].claim);
		sign_good(given, claims, &token);
		expect_denied(given, &token, rows[i].reason);
	}
	buf_release(&token);
}

static void unknown_critical_extensions_are_denied(void **state)
{
	struct given *given = *state;
	struct buf token = {0};

	sign(given->key, json_pack("{s:s,s:[s]}", "alg", "ES256", "crit", "exp"), good_claims(),
	     &token);
	expect_denied(given, &token, "not accepted");
	sign(given->key, json_pack("{s:s,s:s}", "alg", "ES256", "typ", "other"), good_claims(),
	     &token);
	expect_denied(given, &token, "not accepted");
	buf_release(&token);
}

static void a_cached_token_expires_too(void **state)
{
	struct given *given = *state;
	struct error err;
	struct buf token = {0};
	int64_t last_ms = (NOW_S + 100 + AUTH_LEEWAY_S) * 1000;

	sign_good(given, good_claims(), &token);
	assert_int_equal(check_at(given, &token, NOW_MS, &err), STATUS_OK);
	assert_int_equal(check_at(given, &token, last_ms - 1, &err), STATUS_OK);
	assert_int_equal(check_at(given, &token, last_ms, &err), STATUS_DENIED);
	buf_release(&token);
}

/* Every single character of a good token, changed in turn. Only the unused low bits of a part's
 * last character can change without changing the bytes; a strict decoder refuses those too, and
 * here it is enough that no claim changes. */
static void a_tampered_token_is_denied(void **state)
{
	struct given *given = *state;
	struct error err;
	struct buf token = {0};

	sign_good(given, good_claims(), &token);
	const char *text = buf_cstr(&token);
	const char *signature = strrchr(text, '.');
	for (size_t i = strlen("Bearer "); i < token.n; i++) {
		char old = token.data[i];
		if (text + i == signature || i + 1 == token.n || old == '.')
			continue;
		token.data[i] = old == 'A' ? 'B' : 'A';
		if (check_at(given, &token, NOW_MS, &err) != STATUS_DENIED)
			fail_msg("character %zu (%c) can be changed", i, old);
		token.data[i] = old;
	}
	assert_int_equal(check_at(given, &token, NOW_MS, &err), STATUS_OK);
	buf_release(&token);
}

static void a_key_of_another_installation_is_denied(void **state)
{
	struct given *given = *state;
	json_t *other = json_pack("{s:s}", "alg", "ES256");
	struct buf token = {0};

	assert_true(jose_jwk_gen(NULL, other));
	sign(other, json_pack("{s:s}", "alg", "ES256"), good_claims(), &token);
	expect_denied(given, &token, "signature");
	/* the key that a token brings along is not looked at */
	json_t *public = json_deep_copy(other);
	jose_jwk_pub(NULL, public);
	sign(other, json_pack("{s:s,s:o}", "alg", "ES256", "jwk", public), good_claims(), &token);
	expect_denied(given, &token, "signature");
	json_decref(other);
	buf_release(&token);
}

static void a_token_of_10_kb_is_denied(void **state)
{
	struct given *given = *state;
	struct buf token = {0};
	char *pad = mem_new(10001);
	json_t *claims = good_claims();

	memset(pad, 'x', 10000);
	json_object_set_new(claims, "pad", json_string(pad));
	sign_good(given, claims, &token);
	expect_denied(given, &token, "too long");
	free(pad);
	buf_release(&token);
}

/* More tokens than the cache holds: all stay valid, none is mistaken for another. */
static void a_full_cache_still_tells_tokens_apart(void **state)
{
	struct given *given = *state;
	struct error err;
	enum { TOKENS = 300 };
	struct buf tokens[TOKENS] = {0};
	struct principal principal;
	char subject[32];

	for (int i = 0; i < TOKENS; i++) {
		json_t *claims = good_claims();
		snprintf(subject, sizeof(subject), "user-%d", i);
		json_object_set_new(claims, "sub", json_string(subject));
		sign_good(given, claims, &tokens[i]);
	}
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < TOKENS; i++) {
			snprintf(subject, sizeof(subject), "user-%d", i);
			assert_int_equal(auth_check(given->auth, buf_slice(&tokens[i]), NOW_MS,
			                            &principal, &err),
			                 STATUS_OK);
			assert_true(slice_is(principal.subject, subject));
		}
	for (int i = 0; i < TOKENS; i++)
		buf_release(&tokens[i]);
}

static void the_key_file_is_private_and_kept(void **state)
{
	struct given *given = *state;
	struct stat info;
	struct auth *again;
	struct error err;
	struct buf token = {0};
	struct principal principal;

	assert_int_equal(stat(given->key_path, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	assert_int_equal(auth_open(&given->config, true, &again, &err), STATUS_OK);
	sign_good(given, good_claims(), &token);
	assert_int_equal(auth_check(again, buf_slice(&token), NOW_MS, &principal, &err), STATUS_OK);
	auth_close(again);
	buf_release(&token);
}

static void a_key_that_others_can_read_is_refused(void **state)
{
	struct given *given = *state;
	static const mode_t modes[] = {0640, 0604, 0660, 0601, 0644};
	struct auth *again = NULL;
	struct error err;

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		assert_int_equal(chmod(given->key_path, modes[i]), 0);
		assert_int_equal(auth_open(&given->config, true, &again, &err), STATUS_DENIED);
	}
}

static void a_missing_or_damaged_key_is_reported(void **state)
{
	struct given *given = *state;
	static const char *const contents[] = {"",
	                                       "{",
	                                       "[]",
	                                       "{}",
	                                       "{\"kty\":\"oct\",\"k\":\"AA\"}",
	                                       "{\"alg\":\"HS256\",\"kty\":\"oct\",\"k\":\"AA\"}"};
	struct auth *again = NULL;
	struct error err;

	for (size_t i = 0; i < sizeof(contents) / sizeof(*contents); i++) {
		FILE *file = fopen(given->key_path, "w");
		assert_non_null(file);
		fputs(contents[i], file);
		fclose(file);
		assert_int_equal(auth_open(&given->config, true, &again, &err), STATUS_INVALID);
	}
	unlink(given->key_path);
	assert_int_equal(auth_open(&given->config, false, &again, &err), STATUS_NOT_FOUND);
	assert_int_not_equal(access(given->key_path, F_OK), 0);
}

/* Run token_main with stdout in a file; returns the exit code. */
static int run_token(struct given *given, int argc, const char *const *args, char *out, size_t size)
{
	char path[] = "/tmp/nexusflow-token-XXXXXX";
	char *argv[16] = {0};
	int to = mkstemp(path), saved = dup(STDOUT_FILENO), errs = dup(STDERR_FILENO);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	for (int i = 0; i < argc; i++)
		argv[i] = mem_string(slice_str(args[i]));
	fflush(stdout);
	dup2(to, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	int code = token_main(argc, argv, &given->config);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	dup2(errs, STDERR_FILENO);
	ssize_t n = pread(to, out, size - 1, 0);
	out[n > 0 ? n : 0] = '\0';
	close(to);
	close(saved);
	close(errs);
	close(null);
	unlink(path);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return code;
}

static void the_token_verb_prints_a_token_that_works(void **state)
{
	struct given *given = *state;
	static const char *const args[] = {"token",          "--user", "root",
	                                   "--installation", "--ttl",  "30d"};
	struct principal principal;
	struct error err;
	struct buf header = {0};
	char out[2048];

	assert_int_equal(run_token(given, 6, args, out, sizeof(out)), 0);
	assert_int_equal(out[strlen(out) - 1], '\n');
	out[strlen(out) - 1] = '\0';
	buf_printf(&header, "Bearer %s", out);
	int64_t now_ms = clock_now_ms();
	assert_int_equal(auth_check(given->auth, buf_slice(&header), now_ms, &principal, &err),
	                 STATUS_OK);
	assert_true(slice_is(principal.subject, "root"));
	assert_true(principal.installation);
	assert_int_equal(auth_check(given->auth, buf_slice(&header), now_ms + 29 * 86400000LL,
	                            &principal, &err),
	                 STATUS_OK);
	assert_int_equal(auth_check(given->auth, buf_slice(&header), now_ms + 31 * 86400000LL,
	                            &principal, &err),
	                 STATUS_DENIED);
	buf_release(&header);
}

static void the_token_verb_refuses_what_makes_no_sense(void **state)
{
	struct given *given = *state;
	static const char *const ttls[] = {"",    "30",   "d",           "0s",  "-1d",
	                                   "30w", "1d2h", "9999999999d", " 1d", "1 d"};
	char out[2048];

	for (size_t i = 0; i < sizeof(ttls) / sizeof(*ttls); i++) {
		const char *args[] = {"token", "--user", "u", "--ttl", ttls[i]};
		assert_int_equal(run_token(given, 5, args, out, sizeof(out)), 2);
		assert_string_equal(out, "");
	}
	assert_int_equal(
	        run_token(given, 3, (const char *[]){"token", "--ttl", "1d"}, out, sizeof(out)), 2);
	assert_int_equal(
	        run_token(given, 3, (const char *[]){"token", "--user", "u"}, out, sizeof(out)), 2);
	assert_int_equal(run_token(given, 2, (const char *[]){"token", "--what"}, out, sizeof(out)),
	                 2);
	assert_int_equal(chmod(given->key_path, 0644), 0);
	assert_int_equal(run_token(given, 5,
	                           (const char *[]){"token", "--user", "u", "--ttl", "1d"}, out,
	                           sizeof(out)),
	                 1);
}

#define WITH_KEY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_KEY(an_api_key_is_taken_apart_and_proves_nothing),
	        WITH_KEY(an_issued_token_names_its_principal),
	        WITH_KEY(a_token_signed_with_the_key_is_accepted),
	        WITH_KEY(no_token_and_garbage_are_denied),
	        WITH_KEY(an_unsigned_token_is_denied),
	        WITH_KEY(hs256_with_the_public_key_as_secret_is_denied),
	        WITH_KEY(wrong_or_missing_claims_are_denied),
	        WITH_KEY(unknown_critical_extensions_are_denied),
	        WITH_KEY(a_cached_token_expires_too),
	        WITH_KEY(a_tampered_token_is_denied),
	        WITH_KEY(a_key_of_another_installation_is_denied),
	        WITH_KEY(a_token_of_10_kb_is_denied),
	        WITH_KEY(a_full_cache_still_tells_tokens_apart),
	        WITH_KEY(the_key_file_is_private_and_kept),
	        WITH_KEY(a_key_that_others_can_read_is_refused),
	        WITH_KEY(a_missing_or_damaged_key_is_reported),
	        WITH_KEY(the_token_verb_prints_a_token_that_works),
	        WITH_KEY(the_token_verb_refuses_what_makes_no_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
