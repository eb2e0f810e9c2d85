-- The search view. Tables: projects (every key that one has had; the newest is the one to show), docs (a text each),
-- of custom fields: fields (every version of each; the newest says which types have it) and field_values (all but
-- paragraphs). A text of a custom field is a row of docs too.
--
-- Rows come as events tell them, in the types ..._row. A live batch is one array of them: issues are inserted, then
-- comments (which take the project of their issue), then the last text of each edited row; deleted comments go, and at
-- the end issues that moved are taken, with their other texts, to the last of their projects. Old logs may give the id
-- of a deleted comment to another one: what happened to the first, by its seq, does not touch the second. A bulk build copies them
-- into tables of the same types and joins those at the end.

-- name: tables
create table projects (
    tenant text collate "C" not null,
    project_id uuid not null,
    key text collate "C" not null,
    seq bigint not null
);

create table docs (
    tenant text collate "C" not null,
    doc_id uuid not null,
    issue_id uuid not null,
    project_id uuid not null,
    number bigint,         -- of an issue
    title text not null,
    body text not null,
    updated_seq bigint not null,
    type text collate "C", -- of an issue
    field text collate "C", -- the custom field that holds the text
    tsv tsvector not null generated always as (
        setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', left(body, 100000)), 'B')
    ) stored
);

create table fields (
    tenant text collate "C" not null,
    project_id uuid not null,
    field text collate "C" not null,
    types text collate "C" not null, -- ",bug,task,"; empty: all
    removed boolean not null,
    seq bigint not null
);

create table field_values (
    tenant text collate "C" not null,
    issue_id uuid not null,
    field text collate "C" not null,
    n bigint not null, -- a field may have several values: 0, 1 ...
    kind text collate "C" not null,
    value text collate "C" not null
);

-- issues and projects that are, or were, out of sight; null: never
create table hidden (
    tenant text collate "C" not null,
    id uuid not null,
    archived boolean,
    deleted boolean
);

-- an issue, its clone (whose body is that of the doc source, set by the event text_seq) or a comment
create type created_row as (
    tenant text collate "C", doc_id uuid, issue_id uuid, project_id uuid, number bigint, type text collate "C",
    title text, body text, text_seq bigint, source uuid, seq bigint
);
-- null: unchanged
create type edited_row as (tenant text collate "C", doc_id uuid, title text, body text, seq bigint);
create type deleted_row as (tenant text collate "C", doc_id uuid, seq bigint);
create type moved_row as (
    tenant text collate "C", issue_id uuid, project_id uuid, number bigint, type text collate "C", seq bigint
);
create type hidden_row as (tenant text collate "C", id uuid, archived boolean, deleted boolean, seq bigint);
-- without value: there is none any more
create type value_row as (
    tenant text collate "C", issue_id uuid, field text collate "C", n bigint, kind text collate "C",
    value text collate "C", seq bigint
);
-- with source as of a clone; neither body nor source: the field is empty
create type text_row as (
    tenant text collate "C", doc_id uuid, issue_id uuid, field text collate "C", body text, text_seq bigint,
    source uuid, seq bigint
);

-- name: keys
alter table projects add primary key (tenant, project_id, seq);
create index on projects (tenant, key);
alter table fields add primary key (tenant, project_id, field, seq);
alter table field_values add primary key (tenant, issue_id, field, n);
-- Begins with the value, so that no plan takes it for the key: a planner without statistics did.
create index on field_values (value, tenant, field);
alter table hidden add primary key (tenant, id);
alter table docs add primary key (tenant, doc_id);
-- the other texts of an issue that moves
create index docs_of_issue on docs (tenant, issue_id) where number is null;
-- Under row-level security only leakproof operators may use an index, which deploy/postgres sees to for @@. Inserts wait
-- in a list that is merged when it has 2 MB: a quarter of the work of merging each batch, for a list that a query has to
-- read through.
create index docs_words on docs using gin (tenant, tsv) with (gin_pending_list_limit = 2048);

-- name: projects
insert into projects select * from unnest($1::projects[])

-- name: fields
insert into fields select * from unnest($1::fields[])

-- name: issues
insert into docs (tenant, doc_id, issue_id, project_id, number, type, title, body, updated_seq)
select tenant, doc_id, issue_id, project_id, number, type, title, body, seq
from unnest($1::created_row[])

-- name: clones
with u as (
    select * from unnest($1::created_row[])
), added as (
    insert into docs (tenant, doc_id, issue_id, project_id, number, type, title, body, updated_seq)
    select u.tenant, u.doc_id, u.issue_id, u.project_id, u.number, u.type, u.title, s.body, u.seq
    from u join docs s on s.tenant = u.tenant and s.doc_id = u.source
    returning 1
)
select (select count(*) from u) - (select count(*) from added)

-- name: comments
with u as (
    select distinct on (tenant, doc_id) * from unnest($1::created_row[])
    order by tenant, doc_id, seq desc
), added as (
    insert into docs (tenant, doc_id, issue_id, project_id, title, body, updated_seq)
    select u.tenant, u.doc_id, u.issue_id, i.project_id, u.title, u.body, u.seq
    from u join docs i on i.tenant = u.tenant and i.doc_id = u.issue_id
    on conflict (tenant, doc_id) do update set
        issue_id = excluded.issue_id, project_id = excluded.project_id, body = excluded.body,
        updated_seq = excluded.updated_seq
    returning 1
)
select (select count(*) from u) - (select count(*) from added)

-- name: edits
with u as (
    select tenant, doc_id, max(seq) seq,
        (array_agg(title order by seq desc) filter (where title is not null))[1] title,
        (array_agg(body order by seq desc) filter (where body is not null))[1] body
    from unnest($1::edited_row[])
    group by tenant, doc_id
), changed as (
    update docs d set
        title = case when u.seq > d.updated_seq then coalesce(u.title, d.title) else d.title end,
        body = case when u.seq > d.updated_seq then coalesce(u.body, d.body) else d.body end,
        updated_seq = greatest(u.seq, d.updated_seq)
    from u where d.tenant = u.tenant and d.doc_id = u.doc_id
    returning 1
)
select (select count(*) from u) - (select count(*) from changed)

-- name: deleted
delete from docs d using unnest($1::deleted_row[]) u
where d.tenant = u.tenant and d.doc_id = u.doc_id and d.updated_seq < u.seq

-- name: moved
with u as (
    select distinct on (tenant, issue_id) * from unnest($1::moved_row[])
    order by tenant, issue_id, seq desc
), others as (
    update docs d set project_id = u.project_id
    from u where d.tenant = u.tenant and d.issue_id = u.issue_id and d.number is null
), changed as (
    update docs d set project_id = u.project_id, number = u.number, type = u.type
    from u where d.tenant = u.tenant and d.doc_id = u.issue_id
    returning 1
)
select (select count(*) from u) - (select count(*) from changed)

-- name: hidden
insert into hidden
select tenant, id,
    (array_agg(archived order by seq desc) filter (where archived is not null))[1],
    (array_agg(deleted order by seq desc) filter (where deleted is not null))[1]
from unnest($1::hidden_row[])
group by tenant, id
on conflict (tenant, id) do update set
    archived = coalesce(excluded.archived, hidden.archived),
    deleted = coalesce(excluded.deleted, hidden.deleted)

-- name: field_values
merge into field_values v
using (
    select distinct on (tenant, issue_id, field, n) * from unnest($1::value_row[])
    order by tenant, issue_id, field, n, seq desc
) u
on v.tenant = u.tenant and v.issue_id = u.issue_id and v.field = u.field and v.n = u.n
when matched and u.value is null then delete
when matched then update set kind = u.kind, value = u.value
when not matched and u.value is not null then
    insert (tenant, issue_id, field, n, kind, value)
    values (u.tenant, u.issue_id, u.field, u.n, u.kind, u.value)

-- name: value_texts
with u as (
    select distinct on (tenant, doc_id) * from unnest($1::text_row[])
    order by tenant, doc_id, seq desc
), gone as (
    delete from docs d using u
    where u.body is null and d.tenant = u.tenant and d.doc_id = u.doc_id
), added as (
    insert into docs (tenant, doc_id, issue_id, project_id, title, body, updated_seq, field)
    select u.tenant, u.doc_id, u.issue_id, i.project_id, '', u.body, u.seq, u.field
    from u join docs i on i.tenant = u.tenant and i.doc_id = u.issue_id
    where u.body is not null
    on conflict (tenant, doc_id) do update set body = excluded.body, updated_seq = excluded.updated_seq
    returning 1
)
select (select count(*) from u where body is not null) - (select count(*) from added)

-- name: value_copies
with u as (
    select * from unnest($1::text_row[])
), added as (
    insert into docs (tenant, doc_id, issue_id, project_id, title, body, updated_seq, field)
    select u.tenant, u.doc_id, u.issue_id, i.project_id, '', s.body, u.seq, u.field
    from u
    join docs i on i.tenant = u.tenant and i.doc_id = u.issue_id
    join docs s on s.tenant = u.tenant and s.doc_id = u.source
    returning 1
)
select (select count(*) from u) - (select count(*) from added)

-- name: bulk_tables
create table created of created_row;
create table edited of edited_row;
create table deleted of deleted_row;
create table moved of moved_row;
create table changed of hidden_row;
create table values_set of value_row;
create table texts_set of text_row;

-- name: fill
-- Emptied by the transaction that fills it, docs is not written to the WAL (with wal_level = minimal).
truncate docs;

analyze created;
analyze edited;
analyze deleted;
analyze moved;

do $$ begin
    if exists (select from edited e
               where not exists (select from created c where c.tenant = e.tenant and c.doc_id = e.doc_id)) then
        raise exception 'an edited text is not there';
    end if;
end $$;

with last_title as (
    select distinct on (tenant, doc_id) tenant, doc_id, title, seq from edited
    where title is not null
    order by tenant, doc_id, seq desc
), last_body as (
    select distinct on (tenant, doc_id) tenant, doc_id, body, seq from edited
    where body is not null
    order by tenant, doc_id, seq desc
), cloned as ( -- the texts that clones have of other issues
    select tenant, seq, body
    from (select tenant, seq, body from created union all select tenant, seq, body from edited) texts
    where body is not null
        and (tenant, seq) in (select tenant, text_seq from created where text_seq is not null)
), last_place as (
    select distinct on (tenant, issue_id) * from moved
    order by tenant, issue_id, seq desc
)
insert into docs (tenant, doc_id, issue_id, project_id, number, type, title, body, updated_seq)
select c.tenant, c.doc_id, c.issue_id, coalesce(m.project_id, c.project_id, i.project_id),
    case when c.number is not null then coalesce(m.number, c.number) end,
    case when c.number is not null then coalesce(m.type, c.type) end,
    coalesce(t.title, c.title), coalesce(b.body, c.body, x.body), greatest(c.seq, t.seq, b.seq)
from created c
join created i on i.tenant = c.tenant and i.doc_id = c.issue_id
left join last_title t on t.tenant = c.tenant and t.doc_id = c.doc_id and t.seq > c.seq
left join last_body b on b.tenant = c.tenant and b.doc_id = c.doc_id and b.seq > c.seq
left join cloned x on x.tenant = c.tenant and x.seq = c.text_seq
left join last_place m on m.tenant = c.tenant and m.issue_id = c.issue_id
where not exists (select from deleted g where g.tenant = c.tenant and g.doc_id = c.doc_id and g.seq > c.seq);

insert into field_values
select tenant, issue_id, field, n, kind, value
from (
    select distinct on (tenant, issue_id, field, n) * from values_set
    order by tenant, issue_id, field, n, seq desc
) last
where value is not null;

insert into docs (tenant, doc_id, issue_id, project_id, title, body, updated_seq, field)
select t.tenant, t.doc_id, t.issue_id, i.project_id, '', coalesce(t.body, x.body), t.seq, t.field
from (
    select distinct on (tenant, doc_id) * from texts_set
    order by tenant, doc_id, seq desc
) t
join docs i on i.tenant = t.tenant and i.doc_id = t.issue_id
left join texts_set x on x.tenant = t.tenant and x.field = t.field and x.seq = t.text_seq
where t.body is not null or t.source is not null;

insert into hidden
select tenant, id,
    (array_agg(archived order by seq desc) filter (where archived is not null))[1],
    (array_agg(deleted order by seq desc) filter (where deleted is not null))[1]
from changed
group by tenant, id;

drop table created, edited, deleted, moved, changed, values_set, texts_set;

-- name: digest_projects
select tenant, project_id::text || lpad(seq::text, 20, '0'), key
from projects
where $1::text = '' or tenant = $1::text
order by tenant, project_id, seq

-- name: digest_docs
select tenant, doc_id, row(issue_id, project_id, number, title, body, updated_seq, type, field)::text
from docs
where $1::text = '' or tenant = $1::text
order by tenant, doc_id

-- name: digest_fields
select tenant, project_id::text || field || ' ' || lpad(seq::text, 20, '0'), row(types, removed)::text
from fields
where $1::text = '' or tenant = $1::text
order by tenant, project_id, field, seq

-- name: digest_field_values
select tenant, issue_id::text || field || ' ' || lpad(n::text, 4, '0'), row(kind, value)::text
from field_values
where $1::text = '' or tenant = $1::text
order by tenant, issue_id, field, n

-- name: digest_hidden
select tenant, id, row(archived, deleted)::text
from hidden
where $1::text = '' or tenant = $1::text
order by tenant, id
