/* A sealed profile is nonce (12), ciphertext, tag (16). The additional data is the tenant, length
 * first, and the member id: a profile that is moved to another member or tenant does not open.
 *
 * The key is committed synchronously before anything sealed by it is given out: an event in the
 * log can never be older than its key.
 *
 * Rejected: one master key and derived member keys. Forgetting a person would then need a list of
 * the forgotten, and a copy of the master key would open them all again. */
#include "core/store/profile_keys.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/json_out.h"
#include "core/store/kv.h"
#include "core/store/sha256.h"

#define FORMAT      1
#define TENANT_MAX  255
#define AAD_MAX     (4 + TENANT_MAX + 16)
#define PROFILE_MAX (64 * 1024) /* bytes of a sealed profile */

static const char *const tables[] = {"members", NULL};
enum { MEMBERS };

struct profile_keys {
	struct kv *kv;
	EVP_CIPHER *algorithm; /* EVP_aes_256_gcm() would look it up for every profile */
};

struct member_key {
	uint8_t bytes[PROFILE_KEY_BYTES];
};

enum status profile_keys_open(const struct config *config, struct profile_keys **out,
                              struct error *err)
{
	char dir[480];
	struct buf keys_dir = {0};
	config_keys_dir(config, &keys_dir);
	int n = snprintf(dir, sizeof dir, "%s/members", buf_cstr(&keys_dir));
	buf_release(&keys_dir);
	if (n < 0 || (size_t)n >= sizeof dir)
		return error_set(err, STATUS_INVALID, "profile keys: keys_dir is too long");
	struct kv_options options = {
	        .dir = dir,
	        .durability = KV_DURABLE,
	        .map_bytes = (uint64_t)config->map_size_gib << 30,
	        .tables = tables,
	        .format = FORMAT,
	};
	struct kv *kv;
	if (kv_open(&options, &kv, NULL, err))
		return error_wrap(err, "profile keys");
	EVP_CIPHER *algorithm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (!algorithm) {
		kv_close(kv);
		return error_set(err, STATUS_IO, "profile keys: libcrypto has no AES-256-GCM");
	}
	*out = mem_new(sizeof **out);
	(*out)->kv = kv;
	(*out)->algorithm = algorithm;
	return STATUS_OK;
}

void profile_keys_close(struct profile_keys *keys)
{
	if (!keys)
		return;
	kv_close(keys->kv);
	EVP_CIPHER_free(keys->algorithm);
	free(keys);
}

/* Row key and additional data in one: length of the tenant, tenant, member id. */
static enum status address(struct slice tenant, const struct uuid *member, char aad[AAD_MAX],
                           struct slice *out, struct error *err)
{
	if (tenant.n == 0 || tenant.n > TENANT_MAX)
		return error_set(err, STATUS_INVALID, "profile: a tenant of %zu bytes", tenant.n);
	put_u32(aad, (uint32_t)tenant.n);
	memcpy(aad + 4, tenant.data, tenant.n);
	memcpy(aad + 4 + tenant.n, member->bytes, 16);
	*out = slice_of(aad, 4 + tenant.n + 16);
	return STATUS_OK;
}

static enum status key_in(struct kv_txn *txn, struct slice at, struct member_key *key,
                          struct error *err)
{
	struct slice value;
	if (!kv_get(txn, MEMBERS, at, &value))
		return kv_failed(txn) ? error_set(err, STATUS_IO, "profile keys: read")
		                      : STATUS_NOT_FOUND;
	if (value.n != sizeof key->bytes)
		return error_set(err, STATUS_CORRUPT, "profile keys: a key of %zu bytes", value.n);
	memcpy(key->bytes, value.data, sizeof key->bytes);
	return STATUS_OK;
}

static enum status find_key(struct profile_keys *keys, struct slice at, struct member_key *key,
                            struct error *err)
{
	struct kv_txn *txn;
	enum status status = kv_begin_read(keys->kv, &txn, err);
	if (status)
		return status;
	status = key_in(txn, at, key, err);
	kv_abort(txn);
	return status;
}

/* Another thread may have made the key since it was looked for: look again as the only writer. */
static enum status make_key(struct profile_keys *keys, struct slice at, struct member_key *key,
                            struct error *err)
{
	struct kv_txn *txn;
	enum status status = kv_begin_write(keys->kv, &txn, err);
	if (status)
		return status;
	status = key_in(txn, at, key, err);
	if (status != STATUS_NOT_FOUND) {
		kv_abort(txn);
		return status;
	}
	random_bytes(key->bytes, sizeof key->bytes);
	kv_put(txn, MEMBERS, at, slice_of(key->bytes, sizeof key->bytes));
	return kv_commit(txn, err);
}

static void profile_json(const struct profile *profile, struct buf *out)
{
	struct json_out json;
	json_out_init(&json, out);
	json_out_object(&json);
	json_out_member_string(&json, "issuer", profile->issuer);
	json_out_member_string(&json, "subject", profile->subject);
	json_out_member_string(&json, "name", profile->name);
	json_out_member_string(&json, "email", profile->email);
	json_out_object_end(&json);
}

static bool encrypt(const struct profile_keys *keys, EVP_CIPHER_CTX *ctx,
                    const struct member_key *key, struct slice aad, struct slice plain,
                    uint8_t *nonce, uint8_t *cipher, uint8_t *tag)
{
	int n = 0;
	return EVP_EncryptInit_ex(ctx, keys->algorithm, NULL, key->bytes, nonce) == 1 &&
	       EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)aad.data, (int)aad.n) == 1 &&
	       EVP_EncryptUpdate(ctx, cipher, &n, (const uint8_t *)plain.data, (int)plain.n) == 1 &&
	       EVP_EncryptFinal_ex(ctx, cipher + n, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, PROFILE_TAG_BYTES, tag) == 1;
}

static bool decrypt(const struct profile_keys *keys, EVP_CIPHER_CTX *ctx,
                    const struct member_key *key, struct slice aad, struct slice sealed,
                    uint8_t *plain)
{
	const uint8_t *nonce = (const uint8_t *)sealed.data;
	size_t cipher_n = sealed.n - PROFILE_NONCE_BYTES - PROFILE_TAG_BYTES;
	const uint8_t *cipher = nonce + PROFILE_NONCE_BYTES;
	uint8_t tag[PROFILE_TAG_BYTES];
	memcpy(tag, cipher + cipher_n, sizeof tag);
	int n = 0;
	return EVP_DecryptInit_ex(ctx, keys->algorithm, NULL, key->bytes, nonce) == 1 &&
	       EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)aad.data, (int)aad.n) == 1 &&
	       EVP_DecryptUpdate(ctx, plain, &n, cipher, (int)cipher_n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, PROFILE_TAG_BYTES, tag) == 1 &&
	       EVP_DecryptFinal_ex(ctx, plain + n, &n) == 1;
}

enum status profile_seal(struct profile_keys *keys, struct slice tenant, const struct uuid *member,
                         const struct profile *profile, struct buf *sealed, struct error *err)
{
	char aad_bytes[AAD_MAX];
	struct slice aad;
	struct member_key key;
	enum status status = address(tenant, member, aad_bytes, &aad, err);
	if (status)
		return status;
	status = find_key(keys, aad, &key, err);
	if (status == STATUS_NOT_FOUND)
		status = make_key(keys, aad, &key, err);
	if (status)
		return status;
	struct buf plain = {0};
	profile_json(profile, &plain);
	size_t total = PROFILE_NONCE_BYTES + plain.n + PROFILE_TAG_BYTES;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *to = (uint8_t *)buf_reserve(sealed, total);
	random_bytes(to, PROFILE_NONCE_BYTES);
	bool good = ctx && total <= PROFILE_MAX &&
	            encrypt(keys, ctx, &key, aad, buf_slice(&plain), to, to + PROFILE_NONCE_BYTES,
	                    to + PROFILE_NONCE_BYTES + plain.n);
	if (good)
		sealed->n += total;
	else
		status = error_set(err, STATUS_INVALID, "profile: cannot seal %zu bytes", plain.n);
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(&key, sizeof key);
	OPENSSL_cleanse(plain.data, plain.n);
	buf_release(&plain);
	return status;
}

static size_t append_member(struct buf *text, const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	size_t n = json_string_length(value);
	if (n)
		buf_append(text, json_string_value(value), n);
	return n;
}

/* Replace the JSON in @text by the four plain strings that @profile borrows. */
static enum status parse_profile(struct buf *text, struct profile *profile, struct error *err)
{
	json_error_t bad;
	json_t *object = json_loadb(text->data, text->n, JSON_ALLOW_NUL, &bad);
	if (!json_is_object(object)) {
		json_decref(object);
		return error_set(err, STATUS_CORRUPT, "profile: not an object");
	}
	OPENSSL_cleanse(text->data, text->n);
	buf_clear(text);
	size_t issuer = append_member(text, object, "issuer");
	size_t subject = append_member(text, object, "subject");
	size_t name = append_member(text, object, "name");
	size_t email = append_member(text, object, "email");
	json_decref(object);
	const char *at = text->data;
	*profile = (struct profile){
	        .issuer = slice_of(at, issuer),
	        .subject = slice_of(at + issuer, subject),
	        .name = slice_of(at + issuer + subject, name),
	        .email = slice_of(at + issuer + subject + name, email),
	};
	return STATUS_OK;
}

enum status profile_unseal(struct profile_keys *keys, struct slice tenant,
                           const struct uuid *member, struct slice sealed, struct buf *text,
                           struct profile *profile, struct error *err)
{
	char aad_bytes[AAD_MAX];
	struct slice aad;
	struct member_key key;
	enum status status = address(tenant, member, aad_bytes, &aad, err);
	if (status)
		return status;
	status = find_key(keys, aad, &key, err);
	if (status == STATUS_NOT_FOUND)
		return error_set(err, status, "profile: its key was deleted");
	if (status)
		return status;
	if (sealed.n < PROFILE_NONCE_BYTES + PROFILE_TAG_BYTES || sealed.n > PROFILE_MAX)
		return error_set(err, STATUS_CORRUPT, "profile: %zu sealed bytes", sealed.n);
	size_t plain_n = sealed.n - PROFILE_NONCE_BYTES - PROFILE_TAG_BYTES;
	buf_clear(text);
	uint8_t *plain = (uint8_t *)buf_reserve(text, plain_n + 1);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool good = ctx && decrypt(keys, ctx, &key, aad, sealed, plain);
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(&key, sizeof key);
	if (!good)
		return error_set(err, STATUS_CORRUPT, "profile: not sealed by the member's key");
	text->n = plain_n;
	return parse_profile(text, profile, err);
}

enum status profile_forget(struct profile_keys *keys, struct slice tenant,
                           const struct uuid *member, struct error *err)
{
	char aad_bytes[AAD_MAX];
	struct slice aad;
	enum status status = address(tenant, member, aad_bytes, &aad, err);
	if (status)
		return status;
	struct kv_txn *txn;
	status = kv_begin_write(keys->kv, &txn, err);
	if (status)
		return status;
	kv_del(txn, MEMBERS, aad);
	return kv_commit(txn, err);
}

void identity_hash(struct slice tenant, struct slice issuer, struct slice subject, uint8_t hash[32])
{
	const struct slice parts[] = {tenant, issuer, subject};
	struct buf text = {0};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		put_u32(buf_reserve(&text, 4), (uint32_t)parts[i].n);
		text.n += 4;
		buf_append_slice(&text, parts[i]);
	}
	sha256_of(buf_slice(&text), hash);
	buf_release(&text);
}
