/* The OpenAPI 3.1 document of route tables: the same rows that dispatch requests. */
#ifndef CORE_HTTP_OPENAPI_H
#define CORE_HTTP_OPENAPI_H

#include "core/base/bytes.h"
#include "core/http/http.h"

/* The JSON Schema (2020-12) of the body of @route as JSON text, borrowed until the document is
 * printed; an empty slice: any JSON. Asked for routes that take a body. One route per command
 * (".../commands/CreateIssue", the command in route->label) makes one operation per command. */
typedef struct slice openapi_body_schema(const struct http_route *route);

/* Append the document to @out. @body_schema may be NULL. @schemas is a JSON object of the schemas
 * that route->answer_schema and error_schema name. Every path parameter is described by a row
 * of route->params with where "path", or else by its name. */
void openapi_print(const struct http_route *const *tables, openapi_body_schema *body_schema,
                   struct slice schemas, struct buf *out);

#endif
