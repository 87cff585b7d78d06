-- One row a check, one a request of it, and what all checks of a URL make of it. Times: microseconds since 1970 UTC.
create table if not exists checks (
    check_id integer primary key,
    url text not null,
    checked_at integer not null,
    verdict text not null,     -- verdicts.VERDICTS
    reason text not null,      -- reasons.REASONS
    why text not null,
    status integer,            -- of the last answer
    final_url text,            -- where redirects ended
    ip text,
    evidence text not null     -- JSON object of texts
);
create index if not exists checks_of on checks (url, checked_at);
create index if not exists checks_at on checks (checked_at);
create table if not exists check_tries (
    check_id integer not null references checks on delete cascade,
    ordinal integer not null,
    kind text not null,        -- page, hop, again, head, probe
    method text not null,
    url text not null,
    at integer not null,
    status integer,
    error text,                -- fetch.reply.ERRORS
    location text,
    n_bytes integer not null,
    took_s real not null,
    primary key (check_id, ordinal)
) without rowid;
create table if not exists check_states (
    url text primary key,
    state text not null,       -- verdicts.STATES
    verdict text not null,     -- the last conclusive one
    reason text not null,
    since integer not null,    -- when the state began; for failing and dead, the first failure
    checked_at integer not null,
    n_checks integer not null,
    n_failed integer not null,
    n_missing integer not null,
    first_missing integer,
    last_alive integer,
    due_at integer             -- from when on another check can confirm a failure
) without rowid;
create index if not exists check_states_due on check_states (due_at) where due_at is not null;
