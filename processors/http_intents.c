#include "processors/http_intents.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/json_out.h"
#include "core/codec/command_codec.h"
#include "core/http/client.h"

#define TOKEN_TTL_S   3600
#define TOKEN_RENEW_S 1800
#define BATCH_INTENTS 500
#define TIMEOUT_MS    15000

struct http_intents {
	struct intent_port face; /* first */
	const struct config *config;
	struct auth *auth;
	struct http_client *client;
	int64_t renew_at_ms;
	struct buf body, answer;
};

static enum status renew_token(struct http_intents *port, struct error *err)
{
	int64_t now = clock_now_ms();
	if (port->client && now < port->renew_at_ms)
		return STATUS_OK;
	struct buf token = {0};
	struct auth_claims claims = {.subject = "processor", .service = true, .ttl_s = TOKEN_TTL_S};
	if (auth_issue(port->auth, &claims, now, &token, err)) {
		buf_release(&token);
		return error_wrap(err, "service token");
	}
	http_client_free(port->client);
	port->client = http_client_new(port->config->command_url, buf_cstr(&token));
	port->renew_at_ms = now + TOKEN_RENEW_S * 1000LL;
	buf_release(&token);
	return STATUS_OK;
}

static void intent_line(const struct intent *intent, struct buf *out)
{
	struct json_out json;
	json_out_init(&json, out);
	json_out_object(&json);
	json_out_member_str(&json, "command", command_type_name(intent->command.type));
	json_out_member_uuid(&json, "command_id", &intent->command_id);
	json_out_member_uuid(&json, "causation_id", &intent->causation_id);
	json_out_member_uuid(&json, "correlation_id", &intent->correlation_id);
	json_out_member_uuid(&json, "rule", &intent->rule_id);
	json_out_member_uuid(&json, "on_behalf_of", &intent->on_behalf_of);
	if (intent->credential_id.n)
		json_out_member_string(&json, "credential_id", intent->credential_id);
	json_out_key(&json, "data");
	command_json(&intent->command, &json);
	json_out_object_end(&json);
	buf_append_char(out, '\n');
}

/* 5xx and 429: not known or not now. Any other answer is final. */
static enum intent_outcome outcome_of_line(struct slice line)
{
	json_t *answer = json_loadb(line.data, line.n, 0, NULL);
	json_t *status = json_object_get(answer, "status");
	bool accepted = json_is_true(json_object_get(answer, "success"));
	json_int_t code = json_integer_value(status);
	json_decref(answer);
	if (accepted)
		return INTENT_ACCEPTED;
	return code >= 400 && code < 500 && code != 429 && code != 401 ? INTENT_REFUSED
	                                                               : INTENT_UNANSWERED;
}

static void read_answer(struct http_intents *port, struct intent *intents, uint32_t n)
{
	struct slice text = buf_slice(&port->answer);
	for (uint32_t i = 0; i < n && text.n; i++) {
		const char *end = memchr(text.data, '\n', text.n);
		size_t length = end ? (size_t)(end - text.data) : text.n;
		intents[i].outcome = outcome_of_line(slice_of(text.data, length));
		size_t taken = end ? length + 1 : length;
		text = slice_of(text.data + taken, text.n - taken);
	}
}

/* Intents of one tenant. */
static void post(struct http_intents *port, struct intent *intents, uint32_t n)
{
	char path[128];
	snprintf(path, sizeof path, "/v1/t/%.*s/commands", (int)intents[0].tenant.n,
	         intents[0].tenant.data);
	buf_clear(&port->body);
	for (uint32_t i = 0; i < n; i++) {
		intents[i].outcome = INTENT_UNANSWERED;
		intent_line(&intents[i], &port->body);
	}
	struct http_exchange exchange = {
	        .path = path,
	        .content_type = "application/x-ndjson",
	        .body = buf_slice(&port->body),
	        .timeout_ms = TIMEOUT_MS,
	        .answer = &port->answer,
	};
	if (!http_client_do(port->client, &exchange, NULL) && exchange.status == 200)
		read_answer(port, intents, n);
}

static void send(struct intent_port *face, struct intent *intents, uint32_t n)
{
	struct http_intents *port = (struct http_intents *)face;
	if (renew_token(port, NULL)) {
		for (uint32_t i = 0; i < n; i++)
			intents[i].outcome = INTENT_UNANSWERED;
		return;
	}
	for (uint32_t from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n && to - from < BATCH_INTENTS &&
		                    slice_equal(intents[to].tenant, intents[from].tenant);)
			to++;
		post(port, intents + from, to - from);
	}
}

static void release(struct intent_port *face)
{
	struct http_intents *port = (struct http_intents *)face;
	http_client_free(port->client);
	buf_release(&port->body);
	buf_release(&port->answer);
	free(port);
}

enum status http_intents_new(const struct config *config, struct auth *auth,
                             struct intent_port **out, struct error *err)
{
	struct http_intents *port = mem_new(sizeof *port);
	port->face = (struct intent_port){.send = send, .free = release};
	port->config = config;
	port->auth = auth;
	if (renew_token(port, err)) {
		release(&port->face);
		return err->status;
	}
	*out = &port->face;
	return STATUS_OK;
}
