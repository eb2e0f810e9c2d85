-- The audit view. Tables: events by (tenant, seq), and what is needed to find an issue by its key: every key that a
-- project has had and every number that an issue has had, the newest are the ones to show; that of a project also says
-- whether it is deleted. There is no index by project, credential, actor, type or time: they filter a scan in
-- order of seq, piece by piece; each further index would cost a third of what a row costs (docs/decisions/0037).

-- name: tables
create table events (
    tenant text collate "C" not null,
    seq bigint not null,
    event_id uuid not null,
    type text collate "C" not null,
    aggregate_kind text collate "C" not null,
    aggregate_id uuid not null,
    actor_kind text collate "C" not null,
    actor_id uuid not null,
    command_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    reason text,
    body json not null,
    on_behalf_of uuid,
    credential_id text,
    other uuid -- of a link, or of one that went: the issue at its other end
);

create table projects (
    tenant text collate "C" not null,
    project_id uuid not null,
    key text collate "C" not null,
    seq bigint not null,
    deleted boolean not null
);

create table issues (
    tenant text collate "C" not null,
    issue_id uuid not null,
    project_id uuid not null,
    number bigint not null,
    seq bigint not null
);

-- name: keys
alter table events add primary key (tenant, seq);
-- Without the tenant, which queries find in the row: an insert compares ids alone.
create index events_of_aggregate on events (aggregate_id, seq);
-- The history of an issue tells of links that others have to it. A column, since row-level security keeps an index on
-- what ->> finds from being used.
create index links_of_other_end on events (other, seq) where other is not null;
-- Whether an issue is deleted, without a look at all that ever happened to it.
create index deletions on events (aggregate_id, seq) where type in ('IssueDeleted', 'IssueRestored');
alter table projects add primary key (tenant, project_id, seq);
create index on projects (tenant, key);
alter table issues add primary key (tenant, issue_id, seq);
create unique index on issues (tenant, project_id, number);

-- name: events
insert into events select * from unnest($1::events[])

-- name: projects
insert into projects select * from unnest($1::projects[])

-- name: issues
insert into issues select * from unnest($1::issues[])

-- name: digest_events
select tenant, lpad(seq::text, 20, '0'), row(e.*)::text
from events e
where $1::text = '' or tenant = $1::text
order by tenant, seq

-- name: digest_projects
select tenant, project_id::text || lpad(seq::text, 20, '0'), row(key, deleted)::text
from projects
where $1::text = '' or tenant = $1::text
order by tenant, project_id, seq

-- name: digest_issues
select tenant, issue_id::text || lpad(seq::text, 20, '0'), row(project_id, number)::text
from issues
where $1::text = '' or tenant = $1::text
order by tenant, issue_id, seq
