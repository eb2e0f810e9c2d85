/* From .avsc files to the model, refusing what the C side cannot hold.
 *
 * A type that is used by others has a file of its own in types/ and is referred to by its full
 * name; a type defined in place is refused, so that there is one text of each. */
#include "model.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static const char *const c_words[] = {
        "auto",   "bool",     "break",  "case",   "char",     "const",    "continue", "default",
        "do",     "double",   "else",   "enum",   "extern",   "float",    "for",      "goto",
        "if",     "inline",   "int",    "long",   "register", "restrict", "return",   "short",
        "signed", "sizeof",   "static", "struct", "switch",   "typedef",  "union",    "unsigned",
        "void",   "volatile", "while",  "true",   "false",
};

static void check_name(const char *file, const char *name)
{
	if (!name || !name[0] || (name[0] >= '0' && name[0] <= '9') ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")])
		refuse(file, "'%s' is not a name", name ? name : "");
	for (size_t i = 0; i < sizeof(c_words) / sizeof(c_words[0]); i++)
		if (strcmp(name, c_words[i]) == 0)
			refuse(file, "'%s' is a word of C", name);
}

/* It becomes a comment. */
static void check_doc(const char *file, const char *name, const char *doc)
{
	if (!doc || !doc[0])
		refuse(file, "'%s' has no doc", name);
	if (strstr(doc, "*/") || doc[strcspn(doc, "\n\r\t")])
		refuse(file, "the doc of '%s' is not one line of text", name);
}

static const char *text_member(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static struct named *find(const struct named_list *types, const char *full)
{
	for (size_t i = 0; i < types->n; i++)
		if (strcmp(types->items[i].full, full) == 0)
			return &types->items[i];
	return NULL;
}

static const struct {
	const char *type, *logical;
	enum kind kind;
} plain_types[] = {
        {"boolean", NULL, KIND_BOOLEAN}, {"int", NULL, KIND_INT},
        {"long", NULL, KIND_LONG},       {"double", NULL, KIND_DOUBLE},
        {"string", NULL, KIND_STRING},   {"bytes", NULL, KIND_BYTES},
        {"string", "uuid", KIND_UUID},   {"long", "timestamp-millis", KIND_TIME},
        {"int", "date", KIND_DATE},
};

static bool plain_type(struct field *field, const char *type, const char *logical)
{
	for (size_t i = 0; i < sizeof(plain_types) / sizeof(plain_types[0]); i++) {
		const char *known = plain_types[i].logical;
		if (strcmp(plain_types[i].type, type) == 0 &&
		    (known == logical || (known && logical && strcmp(known, logical) == 0))) {
			field->kind = plain_types[i].kind;
			return true;
		}
	}
	return false;
}

/* @type is a name, or an object that is nothing but a plain type with or without logicalType. */
static void read_single(struct field *field, json_t *type, const struct named_list *types,
                        const char *file)
{
	const char *name =
	        json_is_string(type) ? json_string_value(type) : text_member(type, "type");
	const char *logical = json_is_object(type) ? text_member(type, "logicalType") : NULL;
	if (!name)
		refuse(file, "field '%s': a union or array is not possible here", field->name);
	if (plain_type(field, name, logical))
		return;
	struct named *named = json_is_string(type) ? find(types, name) : NULL;
	if (named) {
		field->kind = named->kind;
		field->named = named;
		named->used = true;
		return;
	}
	if (strcmp(name, "record") == 0 || strcmp(name, "enum") == 0 || strcmp(name, "fixed") == 0)
		refuse(file, "field '%s': give the %s a file of its own in types/", field->name,
		       name);
	refuse(file, "field '%s': type '%s'%s%s is not supported", field->name, name,
	       logical ? " with logicalType " : "", logical ? logical : "");
}

static void read_array(struct field *field, json_t *type, const struct named_list *types,
                       const char *file)
{
	field->array = true;
	read_single(field, json_object_get(type, "items"), types, file);
	if (field->kind == KIND_FIXED)
		refuse(file, "field '%s': an array of fixed is not supported", field->name);
	struct named *named = field->named ? find(types, field->named->full) : NULL;
	if (named)
		named->in_array = true;
}

static void read_union(struct field *field, json_t *type, const struct named_list *types,
                       const char *file)
{
	if (json_array_size(type) != 2 ||
	    strcmp(json_is_string(json_array_get(type, 0))
	                   ? json_string_value(json_array_get(type, 0))
	                   : "",
	           "null") != 0)
		refuse(file, "field '%s': the only union supported is [\"null\", T]", field->name);
	field->optional = true;
	json_t *other = json_array_get(type, 1);
	if (json_is_object(other) && text_member(other, "type") &&
	    strcmp(text_member(other, "type"), "array") == 0)
		refuse(file, "field '%s': an array is never null, use an empty one", field->name);
	read_single(field, other, types, file);
	json_t *def = json_object_get(field->json, "default");
	if (def && !json_is_null(def))
		refuse(file, "field '%s': the default of a union is null", field->name);
}

static void read_field(struct field *field, json_t *json, const struct named_list *types,
                       const char *file)
{
	json_t *type = json_object_get(json, "type");
	field->json = json;
	field->name = text_member(json, "name");
	field->doc = text_member(json, "doc");
	check_name(file, field->name);
	check_doc(file, field->name, field->doc);
	if (json_is_array(type))
		read_union(field, type, types, file);
	else if (json_is_object(type) && text_member(type, "type") &&
	         strcmp(text_member(type, "type"), "array") == 0)
		read_array(field, type, types, file);
	else
		read_single(field, type, types, file);
}

static void read_record(struct named *named, const struct named_list *types)
{
	json_t *fields = json_object_get(named->json, "fields");
	named->n = json_array_size(fields);
	if (named->n == 0)
		refuse(named->file, "a record needs fields");
	named->fields = room(named->n * sizeof(*named->fields));
	for (size_t i = 0; i < named->n; i++) {
		read_field(&named->fields[i], json_array_get(fields, i), types, named->file);
		for (size_t k = 0; k < i; k++)
			if (strcmp(named->fields[i].name, named->fields[k].name) == 0)
				refuse(named->file, "two fields '%s'", named->fields[i].name);
	}
}

static void read_enum(struct named *named)
{
	json_t *symbols = json_object_get(named->json, "symbols");
	const char *def = text_member(named->json, "default");
	named->n = json_array_size(symbols);
	named->symbols = room((named->n + 1) * sizeof(*named->symbols));
	for (size_t i = 0; i < named->n; i++) {
		named->symbols[i] = json_string_value(json_array_get(symbols, i));
		check_name(named->file, named->symbols[i]);
	}
	if (named->n < 2 || strcmp(named->symbols[0], "unknown") != 0 || !def ||
	    strcmp(def, "unknown") != 0)
		refuse(named->file, "the first symbol and the default of an enum are 'unknown'");
}

static void read_named(struct named *named, const char *path, const char *base)
{
	json_error_t error;
	named->file = path;
	named->json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!named->json)
		refuse(path, "line %d: %s", error.line, error.text);
	const char *type = text_member(named->json, "type");
	const char *space = text_member(named->json, "namespace");
	named->name = text_member(named->json, "name");
	named->doc = text_member(named->json, "doc");
	check_name(path, named->name);
	check_doc(path, named->name, named->doc);
	if (!type || !space)
		refuse(path, "type and namespace are needed");
	if (strncmp(named->name, base, strlen(named->name)) != 0 ||
	    strcmp(base + strlen(named->name), ".avsc") != 0)
		refuse(path, "the file is not named like its type '%s'", named->name);
	named->full = text_of("%s.%s", space, named->name);
	named->snake = name_snake(named->name);
	named->upper = name_upper(named->snake);
	json_int_t size = json_integer_value(json_object_get(named->json, "size"));
	if (strcmp(type, "record") == 0) {
		named->kind = KIND_RECORD;
	} else if (strcmp(type, "enum") == 0) {
		named->kind = KIND_ENUM;
		read_enum(named);
	} else if (strcmp(type, "fixed") == 0 && size > 0 && size <= 4096) {
		named->kind = KIND_FIXED;
		named->size = (size_t)size;
	} else {
		refuse(path, "'%s' is not a record, an enum or a fixed of 1 to 4096 bytes", type);
	}
}

static int is_schema(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);
	return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".avsc") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_folder(struct named_list *list, const char *dir, const char *folder)
{
	struct dirent **entries;
	const char *path = text_of("%s/%s", dir, folder);
	int n = scandir(path, &entries, is_schema, by_name);
	if (n < 0)
		refuse(path, "cannot be read");
	list->n = (size_t)n;
	list->items = room(list->n * sizeof(*list->items));
	for (size_t i = 0; i < list->n; i++)
		read_named(&list->items[i], text_of("%s/%s", path, entries[i]->d_name),
		           entries[i]->d_name);
}

static void place(struct named *named, struct named_list *from, struct named_list *to)
{
	if (named->mark == DONE)
		return;
	if (named->mark == OPEN)
		refuse(named->file, "'%s' contains itself", named->name);
	named->mark = OPEN;
	for (size_t i = 0; named->kind == KIND_RECORD && i < named->n; i++)
		if (named->fields[i].named)
			place(find(from, named->fields[i].named->full), from, to);
	named->mark = DONE;
	to->items[to->n++] = *named;
}

/* Records behind what they contain, so that C sees each struct complete. */
static void sort_types(struct named_list *types)
{
	struct named_list sorted = {room(types->n * sizeof(struct named)), 0};
	for (size_t i = 0; i < types->n; i++)
		place(&types->items[i], types, &sorted);
	for (size_t i = 0; i < sorted.n; i++)
		for (size_t k = 0; sorted.items[i].kind == KIND_RECORD && k < sorted.items[i].n;
		     k++) {
			struct field *field = &sorted.items[i].fields[k];
			if (field->named)
				field->named = find(&sorted, field->named->full);
		}
	*types = sorted;
}

static void read_records(struct named_list *list, const struct named_list *types)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->items[i].kind != KIND_RECORD)
			refuse(list->items[i].file, "only records here, the others in types/");
		read_record(&list->items[i], types);
	}
}

void model_read(struct model *model, const char *dir)
{
	read_folder(&model->types, dir, "types");
	read_folder(&model->events, dir, "events");
	read_folder(&model->control, dir, "control");
	read_folder(&model->commands, dir, "commands");
	for (size_t i = 0; i < model->types.n; i++)
		if (model->types.items[i].kind == KIND_RECORD)
			read_record(&model->types.items[i], &model->types);
	sort_types(&model->types);
	read_records(&model->events, &model->types);
	read_records(&model->control, &model->types);
	read_records(&model->commands, &model->types);
	for (size_t i = 0; i < model->types.n; i++)
		if (!model->types.items[i].used)
			refuse(model->types.items[i].file, "no record uses it");
	for (size_t i = 0; i < model->events.n; i++) {
		const struct field *first = &model->events.items[i].fields[0];
		if (strcmp(first->name, "meta") != 0 || first->kind != KIND_RECORD ||
		    strcmp(first->named->name, "EventMeta") != 0 || model->events.items[i].n < 2)
			refuse(model->events.items[i].file, "the first field of an event is meta, "
			                                    "an EventMeta; more must follow");
	}
}
