/* Tables: projects (every key that one has had; the newest is the one to show), docs. A live batch
 * inserts issues, then comments (which take the project of their issue), then the last text of each
 * edited row, then removes deleted comments, at the end takes issues that moved, with their other
 * texts, to the last of their projects. A bulk build copies rows and edits as they come and joins
 * them at the end.
 *
 * Of custom fields there are: fields (every version of each; the newest says which types have it),
 * field_values (all but paragraphs, numbers as numeric as well), and a row of docs for each text,
 * whose id is made of those of the issue and the field.
 *
 * Index (tenant, tsv): under row-level security only leakproof operators may use an index, which
 * deploy/postgres sees to for @@. */
#include "projections/search_inside.h"

#define TSV(title, body)                                                                           \
	" setweight(to_tsvector('simple', " title "), 'A') ||"                                     \
	" setweight(to_tsvector('simple', left(" body ", " SEARCH_BODY_CHARACTERS ")), 'B')"

#define DOC_ID(issue, field) " md5(" issue "::text || ' ' || " field ")::uuid"

const char search_tables_sql[] =
        "create table projects (tenant text collate \"C\" not null, project_id uuid not null,"
        " key text collate \"C\" not null, seq bigint not null);"
        "create table docs (tenant text collate \"C\" not null, doc_id uuid not null,"
        " issue_id uuid not null, project_id uuid not null, number bigint, title text not null,"
        " body text not null, updated_seq bigint not null, tsv tsvector not null,"
        /* of an issue, of the text of a custom field */
        " type text collate \"C\", field text collate \"C\");"
        /* types: ",bug,task,"; empty: all */
        "create table fields (tenant text collate \"C\" not null, project_id uuid not null,"
        " field text collate \"C\" not null, types text collate \"C\" not null,"
        " removed boolean not null, seq bigint not null);"
        "create table field_values (tenant text collate \"C\" not null, issue_id uuid not null,"
        " field text collate \"C\" not null, n int not null, kind text collate \"C\" not null,"
        " value text collate \"C\" not null, number numeric);"
        /* issues and projects that are, or were, out of sight; null: never */
        "create table hidden (tenant text collate \"C\" not null, id uuid not null,"
        " archived boolean, deleted boolean);";

const char search_bulk_sql[] =
        "create table created (tenant text collate \"C\" not null, doc_id uuid not null,"
        " issue_id uuid not null, project_id uuid, number bigint, title text not null,"
        " body text, seq bigint not null, text_seq bigint, source uuid,"
        " type text collate \"C\");"
        /* n -1: the field is empty */
        "create table values_set (tenant text collate \"C\" not null, issue_id uuid not null,"
        " field text collate \"C\" not null, n int not null, kind text collate \"C\","
        " value text collate \"C\", number numeric, seq bigint not null);"
        /* neither body nor text_seq: the field is empty */
        "create table texts_set (tenant text collate \"C\" not null, issue_id uuid not null,"
        " field text collate \"C\" not null, body text, seq bigint not null, source uuid,"
        " text_seq bigint);"
        "create table edits (tenant text collate \"C\" not null, doc_id uuid not null, title text,"
        " body text, seq bigint not null);"
        "create table deleted (tenant text collate \"C\" not null, doc_id uuid not null);"
        "create table moved (tenant text collate \"C\" not null, issue_id uuid not null,"
        " project_id uuid not null, number bigint not null, type text collate \"C\" not null,"
        " seq bigint not null);"
        "create table changes (tenant text collate \"C\" not null, id uuid not null,"
        " archived boolean, deleted boolean, seq bigint not null);";

/* What is known last of each issue or project of the rows u(tenant, id, archived, deleted, seq). */
#define LAST_HIDDEN                                                                                \
	"select tenant, id,"                                                                       \
	" (array_agg(archived order by seq desc) filter (where archived is not null))[1],"         \
	" (array_agg(deleted order by seq desc) filter (where deleted is not null))[1]"

const char search_fill_sql[] =
        "analyze created; analyze edits; analyze deleted; analyze moved;"
        "do $$ begin if exists (select from edits e where not exists (select from created c"
        " where c.tenant = e.tenant and c.doc_id = e.doc_id)) then"
        " raise exception 'an edited text is not there'; end if; end $$;"
        "with t as (select distinct on (tenant, doc_id) tenant, doc_id, title, seq from edits"
        "  where title is not null order by tenant, doc_id, seq desc),"
        " b as (select distinct on (tenant, doc_id) tenant, doc_id, body, seq from edits"
        "  where body is not null order by tenant, doc_id, seq desc),"
        /* the texts that clones have of other issues */
        " x as (select tenant, seq, body from (select tenant, seq, body from created"
        "   union all select tenant, seq, body from edits) y where body is not null"
        "  and (tenant, seq) in (select tenant, text_seq from created where text_seq is not null)),"
        " m as (select distinct on (tenant, issue_id) tenant, issue_id, project_id, number, type"
        "  from moved order by tenant, issue_id, seq desc),"
        " d as (select c.tenant, c.doc_id, c.issue_id,"
        "  coalesce(m.project_id, c.project_id, i.project_id) project_id,"
        "  case when c.number is not null then coalesce(m.number, c.number) end number,"
        "  case when c.number is not null then coalesce(m.type, c.type) end type,"
        "  coalesce(t.title, c.title) title, coalesce(b.body, c.body, x.body) body,"
        "  greatest(c.seq, t.seq, b.seq) seq from created c"
        "  join created i on i.tenant = c.tenant and i.doc_id = c.issue_id"
        "  left join t on t.tenant = c.tenant and t.doc_id = c.doc_id"
        "  left join b on b.tenant = c.tenant and b.doc_id = c.doc_id"
        "  left join x on x.tenant = c.tenant and x.seq = c.text_seq"
        "  left join m on m.tenant = c.tenant and m.issue_id = c.issue_id"
        "  where not exists (select from deleted x"
        "   where x.tenant = c.tenant and x.doc_id = c.doc_id))"
        " insert into docs select tenant, doc_id, issue_id, project_id, number, title, body, "
        "seq," TSV(
                "title",
                "body") ", type, null from d;"
                        /* custom fields: the last of each, and the texts that clones have of other
                           issues */
                        "insert into field_values select tenant, issue_id, field, n, kind, value, "
                        "number"
                        " from (select *, max(seq) over (partition by tenant, issue_id, field) "
                        "last from values_set)"
                        " u where seq = last and n >= 0;"
                        "with t as (select distinct on (tenant, issue_id, field) * from texts_set"
                        "  order by tenant, issue_id, field, seq desc),"
                        " b as (select t.tenant, t.issue_id, t.field, t.seq, i.project_id,"
                        "  coalesce(t.body, x.body) body from t"
                        "  join docs i on i.tenant = t.tenant and i.doc_id = t.issue_id"
                        "  left join texts_set x on x.tenant = t.tenant and x.field = t.field"
                        "   and x.seq = t.text_seq"
                        "  where t.body is not null or t.text_seq is not null)"
                        " insert into docs select tenant, " DOC_ID(
                                "issue_id",
                                "field") ", issue_id, project_id,"
                                         " null, '', body, seq," TSV(
                                                 "''",
                                                 "body") ", null, field from b;"
                                                         "insert into hidden " LAST_HIDDEN
                                                         " from changes u group by tenant, "
                                                         "id;"
                                                         "drop table created, edits, deleted, "
                                                         "moved, changes, values_set, texts_set;";

const char search_keys_sql[] =
        "alter table projects add primary key (tenant, project_id, seq);"
        "create index on projects (tenant, key);"
        "alter table fields add primary key (tenant, project_id, field, seq);"
        "alter table field_values add primary key (tenant, issue_id, field, n);"
        "create index on field_values (tenant, field, value);"
        "alter table docs add primary key (tenant, doc_id);"
        /* the other texts of an issue that moves */
        "create index docs_of_issue on docs (tenant, issue_id) where number is null;"
        "alter table hidden add primary key (tenant, id);"
        /* inserts wait in a list that is merged when it has 2 MB: a quarter of the work
         * of merging each batch, for a list that a query has to read through */
        "create index docs_words on docs using gin (tenant, tsv) with (gin_pending_list_limit = "
        "2048);";

const struct pg_batch_type search_batches[] = {
        [PROJECTS] =
                {
                        .name = "projects",
                        .live_sql = "insert into projects select * from"
                                    " unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[])",
                        .copy_sql = "copy projects from stdin",
                        .columns = 4,
                },
        [ISSUES] =
                {
                        .name = "issues",
                        .live_sql =
                                "insert into docs select tenant, id, id, project, number, title, "
                                "body, seq," TSV(
                                        "title",
                                        "body") ", type, null from unnest($1::text[], $2::uuid[],"
                                                " $3::uuid[], $4::uuid[], $5::bigint[], $6::text[],"
                                                " $7::text[], $8::bigint[], $9::text[])"
                                                " as u(tenant, id, issue, project, number, title, "
                                                "body, seq, type)",
                        .copy_sql = "copy created (tenant, doc_id, issue_id, project_id, number, "
                                    "title, body, seq, type) from stdin",
                        .columns = 9,
                },
        [CLONES] =
                {
                        .name = "clones",
                        .live_sql =
                                "with u as (select * from unnest($1::text[], $2::uuid[],"
                                " $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::bigint[],"
                                " $8::bigint[], $9::uuid[], $10::text[]) as u(tenant, id, issue,"
                                " project, number, title, seq, text_seq, source, type)),"
                                " added as (insert into docs select u.tenant, u.id, u.issue,"
                                " u.project, u.number, u.title, s.body, u.seq," TSV(
                                        "u.title",
                                        "s.body") ", u.type, null from u join docs s on s.tenant ="
                                                  " u.tenant and s.doc_id = u.source"
                                                  " returning 1) select (select"
                                                  " count(*) from u) - (select"
                                                  " count(*) from added)",
                        .copy_sql = "copy created (tenant, doc_id, issue_id, project_id, number,"
                                    " title, seq, text_seq, source, type) from stdin",
                        .columns = 10,
                },
        [COMMENTS] =
                {
                        .name = "comments",
                        .live_sql =
                                "with u as (select * from unnest($1::text[], $2::uuid[], "
                                "$3::uuid[],"
                                " $4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::bigint[])"
                                " as u(tenant, id, issue, project, number, title, body, seq)),"
                                " added as (insert into docs select u.tenant, id, issue, "
                                "i.project_id,"
                                " u.number, u.title, u.body, u.seq," TSV(
                                        "u.title",
                                        "u.body") ", null, null from u join docs i on i.tenant = "
                                                  "u.tenant and i.doc_id = u.issue"
                                                  " returning 1)"
                                                  " select (select count(*) from u) - "
                                                  "(select count(*) from added)",
                        .copy_sql = "copy created (tenant, doc_id, issue_id, project_id, number, "
                                    "title, body, seq) from stdin",
                        .columns = 8,
                },
        [EDITS] =
                {
                        .name = "edits",
                        .live_sql =
                                "with u as (select tenant, id, max(seq) seq,"
                                " (array_agg(title order by seq desc) filter (where title is not "
                                "null))[1] title,"
                                " (array_agg(body order by seq desc) filter (where body is not "
                                "null))[1] body"
                                " from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], "
                                "$5::bigint[])"
                                " as u(tenant, id, title, body, seq) group by tenant, id),"
                                " changed as (update docs d set title = coalesce(u.title, d.title),"
                                " body = coalesce(u.body, d.body), updated_seq = u.seq,"
                                " tsv =" TSV("coalesce(u.title, d.title)",
                                             "coalesce(u.body, d.body)") " from u where d.tenant = "
                                                                         "u.tenant and d.doc_id = "
                                                                         "u.id returning 1)"
                                                                         " select (select count(*) "
                                                                         "from u) - (select "
                                                                         "count(*) from changed)",
                        .copy_sql = "copy edits from stdin",
                        .columns = 5,
                },
        [DELETED] =
                {
                        .name = "deleted",
                        .live_sql = "delete from docs d using unnest($1::text[], $2::uuid[]) as "
                                    "u(tenant, id)"
                                    " where d.tenant = u.tenant and d.doc_id = u.id",
                        .copy_sql = "copy deleted from stdin",
                        .columns = 2,
                },
        [MOVED] =
                {
                        .name = "moved",
                        .live_sql =
                                "with u as (select distinct on (tenant, id) * from"
                                " unnest($1::text[], $2::uuid[], $3::uuid[], $4::bigint[],"
                                " $5::text[], $6::bigint[])"
                                " as u(tenant, id, project, number, type, seq)"
                                " order by tenant, id, seq desc),"
                                " others as (update docs d set project_id = u.project from u"
                                " where d.tenant = u.tenant and d.issue_id = u.id"
                                " and d.number is null),"
                                " changed as (update docs d set project_id = u.project,"
                                " number = u.number, type = u.type from u"
                                " where d.tenant = u.tenant and d.doc_id = u.id returning 1)"
                                " select (select count(*) from u) - (select count(*) from changed)",
                        .copy_sql = "copy moved from stdin",
                        .columns = 6,
                },
        [HIDDEN] =
                {
                        .name = "hidden",
                        .live_sql = "insert into hidden " LAST_HIDDEN
                                    " from unnest($1::text[], $2::uuid[], $3::bool[], $4::bool[],"
                                    " $5::bigint[]) as u(tenant, id, archived, deleted, seq)"
                                    " group by tenant, id"
                                    " on conflict (tenant, id) do update set"
                                    " archived = coalesce(excluded.archived, hidden.archived),"
                                    " deleted = coalesce(excluded.deleted, hidden.deleted)",
                        .copy_sql = "copy changes from stdin",
                        .columns = 5,
                },
        [FIELDS] =
                {
                        .name = "fields",
                        .live_sql =
                                "insert into fields select * from unnest($1::text[], $2::uuid[],"
                                " $3::text[], $4::text[], $5::bool[], $6::bigint[])",
                        .copy_sql = "copy fields from stdin",
                        .columns = 6,
                },
        [VALUES] =
                {
                        .name = "field_values",
                        .live_sql =
                                "with u as (select *, max(seq) over (partition by tenant, issue,"
                                " field) last from unnest($1::text[], $2::uuid[], $3::text[],"
                                " $4::int[], $5::text[], $6::text[], $7::numeric[], $8::bigint[])"
                                " as u(tenant, issue, field, n, kind, value, number, seq)),"
                                " gone as (delete from field_values v using (select distinct"
                                " tenant, issue, field from u) k where v.tenant = k.tenant"
                                " and v.issue_id = k.issue and v.field = k.field and not exists"
                                " (select from u where u.tenant = v.tenant and u.issue ="
                                " v.issue_id and u.field = v.field and u.n = v.n and u.seq ="
                                " u.last))"
                                " insert into field_values select tenant, issue, field, n, kind,"
                                " value, number from u where seq = last and n >= 0"
                                " on conflict (tenant, issue_id, field, n) do update set kind ="
                                " excluded.kind, value = excluded.value, number = excluded.number",
                        .copy_sql = "copy values_set from stdin",
                        .columns = 8,
                },
        [VALUE_TEXTS] =
                {
                        .name = "value_texts",
                        .live_sql =
                                "with u as (select distinct on (tenant, issue, field) * from"
                                " unnest($1::text[], $2::uuid[], $3::text[], $4::text[],"
                                " $5::bigint[]) as u(tenant, issue, field, body, seq)"
                                " order by tenant, issue, field, seq desc),"
                                " gone as (delete from docs d using u where u.body is null and"
                                " d.tenant = u.tenant and d.doc_id =" DOC_ID("u.issue", "u.field") "), added as (insert into docs select u.tenant," DOC_ID(
                                        "u.issue",
                                        "u.field") ", u.issue,"
                                                   " i.project_id, null, '', u.body, u.seq," TSV(
                                                           "''", "u.body") ", null, u.field from u "
                                                                           "join docs i on"
                                                                           " i.tenant = u.tenant "
                                                                           "and i.doc_id ="
                                                                           " u.issue where u.body "
                                                                           "is not null"
                                                                           " on conflict (tenant, "
                                                                           "doc_id) do update set "
                                                                           "body = excluded.body,"
                                                                           " updated_seq = "
                                                                           "excluded.updated_seq, "
                                                                           "tsv = excluded.tsv"
                                                                           " returning 1) select "
                                                                           "(select count(*) from "
                                                                           "u where body is not"
                                                                           " null) - (select "
                                                                           "count(*) from added)",
                        .copy_sql = "copy texts_set (tenant, issue_id, field, body, seq) from"
                                    " stdin",
                        .columns = 5,
                },
        [VALUE_COPIES] =
                {
                        .name = "value_copies",
                        .live_sql =
                                "with u as (select * from unnest($1::text[], $2::uuid[],"
                                " $3::text[], $4::bigint[], $5::uuid[], $6::bigint[]) as u(tenant,"
                                " issue, field, seq, source, text_seq)),"
                                " added as (insert into docs select u.tenant," DOC_ID(
                                        "u.issue",
                                        "u.field") ", u.issue, i.project_id, null, '', s.body,"
                                                   " u.seq," TSV(
                                                           "''",
                                                           "s.body") ", null, u.field from u join "
                                                                     "docs i on"
                                                                     " i.tenant = u.tenant and "
                                                                     "i.doc_id ="
                                                                     " u.issue join docs s on "
                                                                     "s.tenant ="
                                                                     " u.tenant and s.doc_id "
                                                                     "=" DOC_ID(
                                                                             "u.source",
                                                                             "u.field") " returning"
                                                                                        " 1)"
                                                                                        " select "
                                                                                        "(select "
                                                                                        "count(*) "
                                                                                        "from u) - "
                                                                                        "(select "
                                                                                        "count(*) "
                                                                                        "from "
                                                                                        "added)",
                        .copy_sql = "copy texts_set (tenant, issue_id, field, seq, source,"
                                    " text_seq) from stdin",
                        .columns = 6,
                },
};

const struct pg_view_digest search_digests[] = {
        {"projects",
         "select tenant, project_id::text || lpad(seq::text, 20, '0'), key from projects"
         " where $1::text = '' or tenant = $1::text order by tenant, project_id, seq"},
        {"docs", "select tenant, doc_id, row(issue_id, project_id, number, title, body,"
                 " updated_seq, type, field)::text"
                 " from docs where $1::text = '' or tenant = $1::text order by tenant, doc_id"},
        {"fields",
         "select tenant, project_id::text || field || ' ' || lpad(seq::text, 20, '0'),"
         " row(types, removed)::text from fields"
         " where $1::text = '' or tenant = $1::text order by tenant, project_id, field, seq"},
        {"field_values",
         "select tenant, issue_id::text || field || ' ' || lpad(n::text, 4, '0'),"
         " row(kind, value, number)::text from field_values"
         " where $1::text = '' or tenant = $1::text order by tenant, issue_id, field, n"},
        {"hidden", "select tenant, id, row(archived, deleted)::text from hidden"
                   " where $1::text = '' or tenant = $1::text order by tenant, id"},
        {NULL, NULL},
};
