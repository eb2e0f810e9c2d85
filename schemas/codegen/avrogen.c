/* avrogen: from schemas/avro to C.
 *
 *   avrogen generate AVRO_DIR OUT_DIR   write all generated files
 *   avrogen freeze AVRO_DIR             give every changed event and control record a new version
 */
#include "model.h"

#include <string.h>

static struct model model;
static struct history history;

int main(int argc, char **argv)
{
	bool generate = argc == 4 && strcmp(argv[1], "generate") == 0;
	bool freeze = argc == 3 && strcmp(argv[1], "freeze") == 0;
	if (!generate && !freeze) {
		fprintf(stderr,
		        "usage: avrogen generate AVRO_DIR OUT_DIR | avrogen freeze AVRO_DIR\n");
		return 2;
	}
	model_read(&model, argv[2]);
	history_read(&history, &model, argv[2]);
	if (freeze) {
		history_freeze(&history, &model, argv[2]);
		return 0;
	}
	history_check(&history, &model);
	emit_headers(&model, argv[3]);
	emit_codecs(&model, argv[3]);
	emit_tables(&model, &history, argv[3]);
	emit_event_schemas(&model, argv[3]);

	return 0;
}
