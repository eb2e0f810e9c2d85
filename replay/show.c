#include "replay/show.h"

#include <stdio.h>

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value ? value : "";
}

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static long long integer(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static void progress_text(const json_t *job, struct buf *out)
{
	buf_printf(out, "%s %s: %s %s, %lld events, %.0f/s, %.1f %%", text(job, "verb"),
	           text(job, "view"), text(job, "phase"), text(job, "instance"),
	           integer(job, "events"), number(job, "events_per_second"),
	           100 * number(job, "ratio"));
	const json_t *eta = json_object_get(job, "eta_seconds");
	if (json_is_number(eta) && number(job, "ratio") < 1)
		buf_printf(out, ", %.0f s left", json_number_value(eta));
}

void show_progress(const json_t *job, bool terminal)
{
	struct buf line = {0};
	progress_text(job, &line);
	if (terminal)
		fprintf(stderr, "\r\033[K%s", buf_cstr(&line));
	else
		fprintf(stderr, "%s\n", buf_cstr(&line));
	buf_release(&line);
}

static void show_comparison(const json_t *comparison)
{
	size_t i;
	const json_t *item;
	long long different = integer(comparison, "different");
	if (different == 0) {
		printf("compared: %lld rows are equal, digest %s\n",
		       integer(comparison, "live_rows"), text(comparison, "live_digest"));
		return;
	}
	printf("compared: %lld keys differ; %lld rows live (%s), %lld rebuilt (%s)\n", different,
	       integer(comparison, "live_rows"), text(comparison, "live_digest"),
	       integer(comparison, "built_rows"), text(comparison, "built_digest"));
	json_array_foreach(json_object_get(comparison, "tenants"), i, item) printf(
	        "  tenant %s: %lld keys; live %s, rebuilt %s\n", text(item, "tenant"),
	        integer(item, "different"), text(item, "live_digest"), text(item, "built_digest"));
	const json_t *keys = json_object_get(comparison, "keys");
	json_array_foreach(keys, i, item)
	        printf("  %s: %s\n", text(item, "key"), text(item, "what"));
	if ((size_t)different > json_array_size(keys))
		printf("  and %lld more\n", different - (long long)json_array_size(keys));
}

void show_result(const json_t *job)
{
	const json_t *result = json_object_get(job, "result");
	if (strcmp(text(job, "state"), "done") == 0)
		printf("%s %s: %s%s, %lld events in %.2f s, %.0f events/s, %.2f s in all%s\n",
		       text(job, "verb"), text(job, "view"), text(job, "instance"),
		       strcmp(text(job, "verb"), "verify") == 0 ? "" : " is live",
		       integer(job, "events"), number(job, "fold_seconds"),
		       number(job, "events_per_second"), number(job, "seconds"),
		       json_is_true(json_object_get(job, "resumed")) ? " (went on)" : "");
	const json_t *comparison = json_object_get(result, "comparison");
	if (comparison)
		show_comparison(comparison);
	if (text(result, "note")[0])
		printf("note: %s\n", text(result, "note"));
}

static void show_place(const json_t *item)
{
	if (json_object_get(item, "offset"))
		printf(", partition %lld offset %lld", integer(item, "partition"),
		       integer(item, "offset"));
}

static void show_trouble(const json_t *reader)
{
	size_t i;
	const json_t *item;
	json_array_foreach(json_object_get(reader, "stopped"), i, item)
	{
		printf("         tenant %s stands before seq %lld", text(item, "tenant"),
		       integer(item, "before_seq"));
		show_place(item);
		printf(": %s\n", text(item, "reason"));
	}
	json_array_foreach(json_object_get(reader, "suspects"), i, item)
	{
		printf("         tenant %s has a gap: seq %lld expected, %lld found",
		       text(item, "tenant"), integer(item, "expected_seq"),
		       integer(item, "found_seq"));
		show_place(item);
		printf(", %s\n", text(item, "time"));
	}
	json_array_foreach(json_object_get(reader, "foreign_records"), i, item)
	{
		printf("         %lld foreign (%s: %s), the last", integer(item, "records"),
		       text(item, "reason"), text(item, "text"));
		show_place(item);
		printf(", %s\n", text(item, "time"));
	}
}

static void show_view(const json_t *view)
{
	struct buf line = {0};
	size_t i;
	const json_t *item;
	printf("%-8s v%lld  live %s", text(view, "view"), integer(view, "version"),
	       text(view, "live"));
	if (text(view, "previous")[0])
		printf(", previous %s", text(view, "previous"));
	if (text(view, "building")[0])
		printf(", unfinished %s", text(view, "building"));
	printf("; lag %lld records", integer(view, "lag_records"));
	if (json_object_get(view, "lag_ms"))
		printf(", %lld ms, moved %lld ms ago, %lld foreign records",
		       integer(view, "lag_ms"), integer(view, "moved_ms_ago"),
		       integer(view, "foreign"));
	printf("%s\n", json_is_true(json_object_get(view, "stalled")) ? ", STALLED" : "");
	if (text(view, "reason")[0])
		printf("         reason: %s\n", text(view, "reason"));
	if (text(view, "error")[0])
		printf("         error: %s\n", text(view, "error"));
	json_array_foreach(json_object_get(view, "partitions"), i, item)
	        buf_printf(&line, " %lld/%lld", integer(item, "next_offset"), integer(item, "end"));
	printf("         position/end%s\n", line.n ? buf_cstr(&line) : " unknown");
	show_trouble(view);
	const json_t *job = json_object_get(view, "job");
	buf_clear(&line);
	if (job) {
		progress_text(job, &line);
		printf("         %s: %s %s\n", text(job, "state"), buf_cstr(&line),
		       text(job, "error"));
	}
	buf_release(&line);
}

static void show_writer(const json_t *writer)
{
	printf("writer   partition %lld: %s%s%s\n", integer(writer, "partition"),
	       json_is_true(json_object_get(writer, "ready")) ? "ready" : "not ready",
	       text(writer, "reason")[0] ? ": " : "", text(writer, "reason"));
}

static void show_processor(const json_t *processor)
{
	if (json_object_size(processor) == 0)
		return;
	printf("processor  lag %lld records, moved %lld ms ago%s%s%s\n",
	       integer(processor, "lag_records"), integer(processor, "moved_ms_ago"),
	       json_is_true(json_object_get(processor, "stalled")) ? ", STALLED" : "",
	       text(processor, "reason")[0] ? ": " : "", text(processor, "reason"));
	show_trouble(processor);
}

void show_status(struct slice status)
{
	size_t i;
	const json_t *item;
	json_t *all = json_loadb(status.data, status.n, 0, NULL);
	printf("journal  %s %s%s\n", text(all, "driver"), text(all, "journal"),
	       json_is_true(json_object_get(all, "running")) ? ""
	                                                     : " (no process with views answers)");
	json_array_foreach(json_object_get(all, "views"), i, item) show_view(item);
	const json_t *writers = json_object_get(all, "writers");
	json_array_foreach(json_object_get(writers, "partitions"), i, item) show_writer(item);
	show_trouble(writers);
	show_processor(json_object_get(all, "processor"));
	json_decref(all);
}
