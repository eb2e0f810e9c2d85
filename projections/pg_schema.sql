-- What every Postgres view has beside its own tables.

-- name: common
create table instance (view text not null, version integer not null, bulk boolean not null);
create table position (
    one boolean primary key default true check (one),
    journal_id uuid not null,
    next_offset bigint[] not null
);
create table seqs (tenant text collate "C" primary key, seq bigint not null);
create table stopped (
    tenant text collate "C" primary key,
    seq bigint not null,
    reason text not null,
    journal_partition integer,
    journal_offset bigint,
    event_id uuid
);

-- name: places
-- Schemas of older programs have no place of a stop.
do $$ begin
    if not exists (select from pg_attribute where attrelid = 'stopped'::regclass and attname = 'event_id') then
        alter table stopped
            add column journal_partition integer,
            add column journal_offset bigint,
            add column event_id uuid;
    end if;
end $$;

-- name: secure
-- Every table of the schema, so that one that is added later cannot be forgotten.
do $$ declare t name; begin
    execute format('grant usage on schema %I to nexusflow', current_schema());
    for t in select tablename from pg_tables where schemaname = current_schema() loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy owner on %I to current_user using (true) with check (true)', t);
        if exists (select from pg_attribute where attrelid = format('%I', t)::regclass and attname = 'tenant') then
            execute format('create policy tenant on %I for select to nexusflow'
                           ' using (tenant = current_setting(''nexusflow.tenant''))', t);
            execute format('grant select on %I to nexusflow', t);
        end if;
    end loop;
end $$;

-- name: analyze
do $$ declare t name; begin
    for t in select tablename from pg_tables where schemaname = current_schema() loop
        execute format('analyze %I', t);
    end loop;
end $$;
