# cmake -D FROM=x.sql -D TO=x_sql.h -P embed_sql.cmake: a part of an SQL file, which begins with the line
# "-- name: <part>", becomes `static const char sql_<part>[]`. What stands before the first part is for readers only.
get_filename_component(name ${FROM} NAME)
file(READ ${FROM} text)
string(FIND "${text}" "-- name: " first)
string(SUBSTRING "${text}" ${first} -1 text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n\t\"" text "\n${text}")
string(REGEX REPLACE "\t\"-- name: ([a-z_]+)[^\n]*" "\t\"\";\n\nstatic const char sql_\\1[] =" text "${text}")
string(FIND "${text}" "\nstatic " first)
string(SUBSTRING "${text}" ${first} -1 text)
file(WRITE ${TO} "/* Made from ${name}. */\n${text}\";\n")
