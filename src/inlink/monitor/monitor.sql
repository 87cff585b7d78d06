-- What is watched, every look at it, what was told, and to whom. Times: microseconds since 1970 UTC.
create table if not exists watches (
    watch_id integer primary key,
    origin text not null,         -- words.ORIGINS
    source_url text not null,     -- the page that should link
    source_key text not null,     -- its same-page key
    source_domain text not null,
    target text not null,         -- as the user wrote it
    scope text not null,          -- url, prefix, host, domain
    label text not null,
    wanted_anchor text,           -- null: as it was when first seen
    wants_follow integer not null,
    every integer,                -- microseconds; null: by the risk of loss
    added_at integer not null,
    first_seen integer,           -- when the link is known to have been there first
    expected text,                -- JSON of watches.Expected; null until it was seen
    state text not null,          -- words.STATES
    since integer not null,
    reasons text not null,        -- slugs with spaces between
    place text,                   -- the page that holds the link now, if another
    standing text not null,       -- JSON of states.Standing
    looked_at integer,
    next_at integer not null,
    digest text not null unique   -- of source, target, scope and wanted anchor: nothing is watched twice
);
create index if not exists watches_due on watches (next_at);
create index if not exists watches_of on watches (source_domain);
create index if not exists watches_on on watches (source_key);
create table if not exists looks (
    look_id integer primary key,
    watch_id integer not null references watches on delete cascade,
    at integer not null,
    finding text not null,        -- words.FINDINGS
    reasons text not null,        -- JSON object: reason → what was seen
    status integer,
    url text not null             -- where redirects ended
);
create index if not exists looks_of on looks (watch_id, at);
create index if not exists looks_at on looks (at);
create table if not exists events (
    event_id integer primary key,
    watch_id integer not null,
    at integer not null,
    kind text not null,           -- words.EVENTS
    before text not null,         -- words.STATES
    reasons text not null,        -- JSON object: reason → what was seen
    source_url text not null,
    target text not null,
    anchor text not null,
    label text not null,
    place text
);
create index if not exists events_at on events (at);
-- One row a message. state: waiting, sending, sent, failed, unconfirmed (sent or not: nobody can say).
create table if not exists messages (
    message_id integer primary key,
    channel text not null,        -- mail, webhook
    made_at integer not null,
    state text not null,
    n_tries integer not null default 0,
    next_at integer not null,
    sent_at integer,
    said text not null default '' -- what the other side answered
);
create index if not exists messages_open on messages (channel, state);
create table if not exists message_events (
    channel text not null,
    event_id integer not null references events on delete cascade,
    message_id integer not null references messages on delete cascade,
    primary key (channel, event_id)
) without rowid;
create index if not exists events_of_message on message_events (message_id);
create table if not exists monitor_facts (name text primary key, value text not null) without rowid;
-- Deaths seen, and deaths expected by published rates, by place (a domain, or region:…).
create table if not exists survival (place text primary key, n_lost real not null, n_expected real not null) without rowid;
-- Pages worth a capture, for the next crawl: what an index knows of them is not so any more.
create table if not exists wishes (
    url text primary key,
    stage text not null,          -- who wishes
    reason text not null,
    wished_at integer not null
) without rowid;
