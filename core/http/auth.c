/* A token is header.payload.signature. The order of checks: size, form, algorithm, signature, and
 * only then the claims; nothing of an unverified payload is looked at. */
#include "core/http/auth.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/jws.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "core/base/clock.h"
#include "core/base/uuid.h"
#include "core/http/key_text.h"
#include "core/store/keys_dir.h"

#define KEY_ALGORITHM "ES256"
#define KEY_BYTES_MAX 16384
#define SUBJECT_MAX   255
#define CACHE_WAYS    4
#define CACHE_SETS    (AUTH_CACHE_ENTRIES / CACHE_WAYS)

struct entry {
	uint64_t hash;
	struct slice token;
	int64_t not_before_s;
	int64_t expires_s;
	uint64_t used; /* 0: empty */
	char *strings; /* token, issuer, subject and credential_id point into it */
	struct principal principal;
};

struct auth {
	json_t *key;
	char *issuer;
	char *audience;
	uint64_t seed;          /* of the hashes: nobody can choose tokens that share a set */
	uint64_t clock;         /* counts uses, for the oldest entry of a set */
	char key_id[UUID_TEXT]; /* of the API key that was looked at last */
	struct entry entries[AUTH_CACHE_ENTRIES];
};

static enum status fail_file(struct error *err, const char *path, const char *what)
{
	return error_set(err, STATUS_IO, "%s %s: %s", what, path, strerror(errno));
}

static enum status make_key(const char *path, struct error *err)
{
	json_t *key = json_pack("{s:s}", "alg", KEY_ALGORITHM);
	enum status status;

	if (!key || !jose_jwk_gen(NULL, key)) {
		json_decref(key);
		return error_set(err, STATUS_IO, "cannot make a key for tokens");
	}
	char *text = json_dumps(key, JSON_COMPACT);
	status = text ? keys_dir_put(path, text, err)
	              : error_set(err, STATUS_IO, "cannot write the key for tokens");
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	json_decref(key);
	return status;
}

static enum status check_file(int fd, const char *path, struct error *err)
{
	struct stat info;

	if (fstat(fd, &info) != 0)
		return fail_file(err, path, "stat");
	if (!S_ISREG(info.st_mode) || info.st_size > KEY_BYTES_MAX)
		return error_set(err, STATUS_INVALID, "%s is not a key file", path);
	if (info.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(err, STATUS_DENIED,
		                 "%s can be used by others (mode %04o): chmod 600", path,
		                 (unsigned)(info.st_mode & 07777));
	return STATUS_OK;
}

static enum status read_key(const char *path, json_t **key, struct error *err)
{
	json_error_t json_err;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		if (errno == ENOENT)
			return error_set(err, STATUS_NOT_FOUND, "there is no key for tokens: %s",
			                 path);
		return fail_file(err, path, "open");
	}
	enum status status = check_file(fd, path, err);
	if (status == STATUS_OK) {
		*key = json_loadfd(fd, JSON_REJECT_DUPLICATES, &json_err);
		if (!*key)
			status = error_set(err, STATUS_INVALID, "%s: %s", path, json_err.text);
	}
	close(fd);
	return status;
}

/* The algorithms that a key of ours may be of. */
static bool key_usable(json_t *key)
{
	const char *algorithm = json_string_value(json_object_get(key, "alg"));

	return algorithm && strcmp(algorithm, KEY_ALGORITHM) == 0 &&
	       jose_jwk_prm(NULL, key, false, "sign") && json_object_get(key, "d");
}

static enum status load_key(const struct config *config, bool create, json_t **key,
                            struct error *err)
{
	struct buf folder = {0}, path = {0};
	enum status status;

	config_keys_dir(config, &folder);
	buf_printf(&path, "%s/token.jwk", buf_cstr(&folder));
	status = read_key(buf_cstr(&path), key, err);
	if (status == STATUS_NOT_FOUND && create) {
		status = keys_dir_make(config, err);
		if (status == STATUS_OK)
			status = make_key(buf_cstr(&path), err);
		if (status == STATUS_OK)
			status = read_key(buf_cstr(&path), key, err);
	}
	if (status == STATUS_OK && !key_usable(*key)) {
		json_decref(*key);
		*key = NULL;
		status = error_set(err, STATUS_INVALID, "%s is not a private " KEY_ALGORITHM " key",
		                   buf_cstr(&path));
	}
	buf_release(&folder);
	buf_release(&path);
	return status;
}

enum status auth_open(const struct config *config, bool create, struct auth **out,
                      struct error *err)
{
	json_t *key = NULL;
	enum status status = load_key(config, create, &key, err);

	if (status)
		return status;
	struct auth *auth = mem_new(sizeof(*auth));
	auth->key = key;
	auth->issuer = mem_string(slice_str(config->token_issuer));
	auth->audience = mem_string(slice_str(config->token_audience));
	random_bytes(&auth->seed, sizeof(auth->seed));
	*out = auth;
	return STATUS_OK;
}

void auth_close(struct auth *auth)
{
	if (!auth)
		return;
	for (size_t i = 0; i < AUTH_CACHE_ENTRIES; i++)
		free(auth->entries[i].strings);
	json_decref(auth->key);
	free(auth->issuer);
	free(auth->audience);
	free(auth);
}

static enum status denied(struct error *err, const char *reason)
{
	return error_set(err, STATUS_DENIED, "%s", reason);
}

/* "Bearer <token>" with one or more spaces (RFC 6750, RFC 9110). */
static bool bearer_token(struct slice authorization, struct slice *token)
{
	static const char scheme[] = "Bearer ";
	size_t n = sizeof(scheme) - 1;

	if (authorization.n <= n || strncasecmp(authorization.data, scheme, n) != 0)
		return false;
	while (n < authorization.n && authorization.data[n] == ' ')
		n++;
	*token = slice_of(authorization.data + n, authorization.n - n);
	return token->n > 0;
}

/* Three non-empty parts of the base64url alphabet. */
static bool split_token(struct slice token, struct slice part[3])
{
	size_t n = 0, start = 0;

	for (size_t i = 0; i <= token.n; i++) {
		char c = i < token.n ? token.data[i] : '.';
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		              (c >= '0' && c <= '9') || c == '-' || c == '_';
		if (letter)
			continue;
		if (c != '.' || n == 3 || i == start)
			return false;
		part[n++] = slice_of(token.data + start, i - start);
		start = i + 1;
	}
	return n == 3;
}

static json_t *decode_json(struct slice part)
{
	char *bytes = mem_new(part.n);
	size_t n = jose_b64_dec_buf(part.data, part.n, bytes, part.n);
	json_t *json = NULL;

	if (n != SIZE_MAX)
		json = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, NULL);
	free(bytes);
	if (json && !json_is_object(json)) {
		json_decref(json);
		json = NULL;
	}
	return json;
}

/* The algorithm is that of our key, whatever the token says; extensions we do not know are refused.
 */
static bool header_acceptable(const struct auth *auth, struct slice part)
{
	json_t *header = decode_json(part);
	json_t *algorithm = json_object_get(header, "alg");
	json_t *type = json_object_get(header, "typ");
	bool ok = algorithm && json_equal(algorithm, json_object_get(auth->key, "alg")) &&
	          !json_object_get(header, "crit") && !json_object_get(header, "b64") &&
	          (!type ||
	           (json_is_string(type) && strcasecmp(json_string_value(type), "JWT") == 0));

	json_decref(header);
	return ok;
}

static bool signature_valid(const struct auth *auth, const struct slice part[3])
{
	json_t *jws = json_pack("{s:s%,s:s%,s:s%}", "protected", part[0].data, part[0].n, "payload",
	                        part[1].data, part[1].n, "signature", part[2].data, part[2].n);
	bool ok = jws && jose_jws_ver(NULL, jws, NULL, auth->key, false);

	json_decref(jws);
	return ok;
}

static bool audience_names(const json_t *audience, const char *wanted)
{
	size_t i;
	const json_t *one;

	if (json_is_string(audience))
		return strcmp(json_string_value(audience), wanted) == 0;
	json_array_foreach(audience, i,
	                   one) if (json_is_string(one) &&
	                            strcmp(json_string_value(one), wanted) == 0) return true;
	return false;
}

static bool string_claim(const json_t *claims, const char *name, struct slice *value)
{
	const json_t *claim = json_object_get(claims, name);

	if (!json_is_string(claim) || json_string_length(claim) == 0 ||
	    json_string_length(claim) > SUBJECT_MAX)
		return false;
	*value = slice_of(json_string_value(claim), json_string_length(claim));
	return true;
}

static bool time_claim(const json_t *claims, const char *name, int64_t *value)
{
	const json_t *claim = json_object_get(claims, name);

	if (!json_is_integer(claim) || json_integer_value(claim) < 0 ||
	    json_integer_value(claim) > CLOCK_MS_MAX / 1000)
		return false;
	*value = json_integer_value(claim);
	return true;
}

/* The times alone: a cached token is asked this every time. */
static enum status check_times(const struct entry *entry, int64_t now_ms, struct error *err)
{
	if (now_ms >= (entry->expires_s + AUTH_LEEWAY_S) * 1000)
		return denied(err, "the token has expired");
	if (now_ms < (entry->not_before_s - AUTH_LEEWAY_S) * 1000)
		return denied(err, "the token is not valid yet");
	return STATUS_OK;
}

/* @entry borrows its strings from @claims. */
static enum status read_claims(const struct auth *auth, const json_t *claims, struct entry *entry,
                               struct error *err)
{
	struct principal *principal = &entry->principal;

	if (!string_claim(claims, "iss", &principal->issuer) ||
	    !slice_is(principal->issuer, auth->issuer))
		return denied(err, "the token is of another issuer");
	if (!audience_names(json_object_get(claims, "aud"), auth->audience))
		return denied(err, "the token is for another audience");
	if (!string_claim(claims, "sub", &principal->subject))
		return denied(err, "the token has no subject");
	if (!string_claim(claims, "jti", &principal->credential_id))
		return denied(err, "the token has no id");
	if (!time_claim(claims, "exp", &entry->expires_s))
		return denied(err, "the token has no time of expiry");
	if (json_object_get(claims, "nbf") && !time_claim(claims, "nbf", &entry->not_before_s))
		return denied(err, "the token's nbf is not a time");
	principal->installation = json_is_true(json_object_get(claims, "installation"));
	principal->service = json_is_true(json_object_get(claims, "service"));
	return STATUS_OK;
}

static struct slice move_string(char **to, struct slice from)
{
	struct slice moved = slice_of(*to, from.n);

	memcpy(*to, from.data, from.n);
	*to += from.n;
	return moved;
}

/* Into the place of the least recently used of its set. */
static struct entry *cache_put(struct auth *auth, const struct entry *entry)
{
	size_t set = entry->hash % CACHE_SETS * CACHE_WAYS;
	struct entry *place = &auth->entries[set];

	for (size_t i = 1; i < CACHE_WAYS; i++)
		if (auth->entries[set + i].used < place->used)
			place = &auth->entries[set + i];
	free(place->strings);
	*place = *entry;
	struct principal *principal = &place->principal;
	place->strings = mem_new(place->token.n + principal->issuer.n + principal->subject.n +
	                         principal->credential_id.n);
	char *at = place->strings;
	place->token = move_string(&at, place->token);
	principal->issuer = move_string(&at, principal->issuer);
	principal->subject = move_string(&at, principal->subject);
	principal->credential_id = move_string(&at, principal->credential_id);
	return place;
}

/* Known by all of its bytes. They are compared in constant time: how long it takes says nothing of
 * the tokens that are here. */
static struct entry *cache_find(struct auth *auth, struct slice token, uint64_t hash)
{
	size_t set = hash % CACHE_SETS * CACHE_WAYS;

	for (size_t i = 0; i < CACHE_WAYS; i++) {
		struct entry *entry = &auth->entries[set + i];
		if (entry->used && entry->hash == hash && entry->token.n == token.n &&
		    CRYPTO_memcmp(entry->token.data, token.data, token.n) == 0)
			return entry;
	}
	return NULL;
}

/* Check everything of a token that the cache does not know, and keep it when it is good. */
static enum status verify(struct auth *auth, struct slice token, uint64_t hash, int64_t now_ms,
                          struct entry **found, struct error *err)
{
	struct entry entry = {.token = token, .hash = hash};
	struct slice part[3];

	if (!split_token(token, part))
		return denied(err, "the token is malformed");
	if (!header_acceptable(auth, part[0]))
		return denied(err, "the token's algorithm is not accepted");
	if (!signature_valid(auth, part))
		return denied(err, "the token's signature is wrong");
	json_t *claims = decode_json(part[1]);
	if (!claims)
		return denied(err, "the token's claims are malformed");
	enum status status = read_claims(auth, claims, &entry, err);
	if (status == STATUS_OK)
		status = check_times(&entry, now_ms, err);
	if (status == STATUS_OK)
		*found = cache_put(auth, &entry);
	json_decref(claims);
	return status;
}

static enum status read_key_text(struct auth *auth, struct slice token, struct principal *principal,
                                 struct error *err)
{
	struct key_text key;

	if (!key_text_parse(token, &key))
		return denied(err, "the API key is malformed");
	uuid_format(&key.id, auth->key_id);
	*principal = (struct principal){.credential_id = slice_of(auth->key_id, UUID_TEXT),
	                                .has_key = true,
	                                .key_tenant = key.tenant,
	                                .key_id = key.id};
	memcpy(principal->key_hash, key.hash, sizeof(principal->key_hash));
	return STATUS_OK;
}

enum status auth_check(struct auth *auth, struct slice authorization, int64_t now_ms,
                       struct principal *principal, struct error *err)
{
	struct slice token;
	enum status status;

	if (!bearer_token(authorization, &token))
		return denied(err, "Authorization is not a bearer token");
	if (token.n > AUTH_TOKEN_BYTES_MAX)
		return denied(err, "the token is too long");
	if (key_text_is(token))
		return read_key_text(auth, token, principal, err);
	uint64_t hash = XXH3_64bits_withSeed(token.data, token.n, auth->seed);
	struct entry *entry = cache_find(auth, token, hash);
	status = entry ? check_times(entry, now_ms, err)
	               : verify(auth, token, hash, now_ms, &entry, err);
	if (status)
		return status;
	entry->used = ++auth->clock;
	*principal = entry->principal;
	return STATUS_OK;
}

static json_t *new_claims(const struct auth *auth, const struct auth_claims *claims, int64_t now_s)
{
	struct uuid id = uuid_v4();
	char id_text[UUID_TEXT + 1] = {0};

	uuid_format(&id, id_text);
	json_t *payload = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I}", "iss", auth->issuer, "aud",
	                            auth->audience, "sub", claims->subject, "jti", id_text, "iat",
	                            (json_int_t)now_s, "nbf", (json_int_t)now_s, "exp",
	                            (json_int_t)(now_s + claims->ttl_s));
	if (payload && claims->installation)
		json_object_set_new(payload, "installation", json_true());
	if (payload && claims->service)
		json_object_set_new(payload, "service", json_true());
	return payload;
}

enum status auth_issue(struct auth *auth, const struct auth_claims *claims, int64_t now_ms,
                       struct buf *token, struct error *err)
{
	size_t subject_n = claims->subject ? strlen(claims->subject) : 0;
	const char *protected, *payload, *signature;
	enum status status = STATUS_OK;

	if (subject_n == 0 || subject_n > SUBJECT_MAX)
		return error_set(err, STATUS_INVALID, "a subject has 1 to %d bytes", SUBJECT_MAX);
	if (claims->ttl_s <= 0 || claims->ttl_s > CLOCK_MS_MAX / 1000 - now_ms / 1000)
		return error_set(err, STATUS_INVALID, "a token lives at least a second");
	json_t *body = new_claims(auth, claims, now_ms / 1000);
	if (!body)
		return error_set(err, STATUS_INVALID, "the subject is not UTF-8");
	json_t *jws = json_pack("{s:o}", "payload", jose_b64_enc_dump(body));
	json_t *sig = json_pack("{s:{s:s,s:s}}", "protected", "alg", KEY_ALGORITHM, "typ", "JWT");
	if (jws && sig && jose_jws_sig(NULL, jws, sig, auth->key) &&
	    json_unpack(jws, "{s:s,s:s,s:s}", "protected", &protected, "payload", &payload,
	                "signature", &signature) == 0)
		buf_printf(token, "%s.%s.%s", protected, payload, signature);
	else
		status = error_set(err, STATUS_IO, "cannot sign the token");
	json_decref(sig);
	json_decref(jws);
	json_decref(body);
	return status;
}
