-- What the fold of every Postgres view says beside its batches.

-- name: enter
-- Nobody waits for the disk: a server that crashes forgets the last commits, position included. Every statement of a
-- fold finds rows by their keys: a plan must not read or sort a table because it was small, or not analyzed yet, when
-- the plan was made.
select pg_try_advisory_xact_lock(hashtext('nexusflow'), hashtext($1)),
    set_config('search_path', $1, true),
    set_config('synchronous_commit', 'off', true),
    set_config('enable_seqscan', 'off', true),
    set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true)

-- name: seqs
insert into seqs select * from unnest($1::seqs[])
on conflict (tenant) do update set seq = excluded.seq

-- name: first_position
insert into position (journal_id, next_offset) values ($1, $2)
on conflict do nothing

-- name: next_position
update position set journal_id = $1, next_offset = $2
where journal_id = $3 and next_offset = $4

-- name: stop
insert into stopped (tenant, seq, reason, journal_partition, journal_offset, event_id)
values ($1, $2, $3, $4, $5, $6)
on conflict (tenant) do update set
    seq = excluded.seq,
    reason = excluded.reason,
    journal_partition = excluded.journal_partition,
    journal_offset = excluded.journal_offset,
    event_id = excluded.event_id
