-- A workspace.db as version 0.1 made it before there were migrations: the tables of two stages, and a few rows.
create table versions (stage text primary key, version integer not null) without rowid;
insert into versions values ('check', 1), ('monitor', 1);
create table checks (
    check_id integer primary key,
    url text not null,
    checked_at integer not null,
    verdict text not null,
    reason text not null,
    why text not null,
    status integer,
    final_url text,
    ip text,
    evidence text not null
);
create index checks_of on checks (url, checked_at);
create index checks_at on checks (checked_at);
create table check_tries (
    check_id integer not null references checks on delete cascade,
    ordinal integer not null,
    kind text not null,
    method text not null,
    url text not null,
    at integer not null,
    status integer,
    error text,
    location text,
    n_bytes integer not null,
    took_s real not null,
    primary key (check_id, ordinal)
) without rowid;
create table check_states (
    url text primary key,
    state text not null,
    verdict text not null,
    reason text not null,
    since integer not null,
    checked_at integer not null,
    n_checks integer not null,
    n_failed integer not null,
    n_missing integer not null,
    first_missing integer,
    last_alive integer,
    due_at integer
) without rowid;
create index check_states_due on check_states (due_at) where due_at is not null;
create table watches (
    watch_id integer primary key,
    origin text not null,
    source_url text not null,
    source_key text not null,
    source_domain text not null,
    target text not null,
    scope text not null,
    label text not null,
    wanted_anchor text,
    wants_follow integer not null,
    every integer,
    added_at integer not null,
    first_seen integer,
    expected text,
    state text not null,
    since integer not null,
    reasons text not null,
    place text,
    standing text not null,
    looked_at integer,
    next_at integer not null,
    digest text not null unique
);
create index watches_due on watches (next_at);
create index watches_of on watches (source_domain);
create index watches_on on watches (source_key);
create table looks (
    look_id integer primary key,
    watch_id integer not null references watches on delete cascade,
    at integer not null,
    finding text not null,
    reasons text not null,
    status integer,
    url text not null
);
create index looks_of on looks (watch_id, at);
create index looks_at on looks (at);
create table events (
    event_id integer primary key,
    watch_id integer not null,
    at integer not null,
    kind text not null,
    before text not null,
    reasons text not null,
    source_url text not null,
    target text not null,
    anchor text not null,
    label text not null,
    place text
);
create index events_at on events (at);
create table messages (
    message_id integer primary key,
    channel text not null,
    made_at integer not null,
    state text not null,
    n_tries integer not null default 0,
    next_at integer not null,
    sent_at integer,
    said text not null default ''
);
create index messages_open on messages (channel, state);
create table message_events (
    channel text not null,
    event_id integer not null references events on delete cascade,
    message_id integer not null references messages on delete cascade,
    primary key (channel, event_id)
) without rowid;
create index events_of_message on message_events (message_id);
create table monitor_facts (name text primary key, value text not null) without rowid;
create table survival (place text primary key, n_lost real not null, n_expected real not null) without rowid;
create table wishes (
    url text primary key,
    stage text not null,
    reason text not null,
    wished_at integer not null
) without rowid;
insert into checks values
    (1, 'https://a.example/', 1000000, 'not-found', '404', 'the server says so', 404, 'https://a.example/', '192.0.2.1', '{"status": "404"}'),
    (2, 'https://b.example/', 1000001, 'dns', 'no-address', 'é', null, null, null, '{}'),
    (5, 'https://a.example/', 2000000, 'ok', 'answers', 'fine', 200, null, null, '{}');
insert into check_tries values
    (1, 0, 'page', 'GET', 'https://a.example/', 1000000, 404, null, null, 12, 0.25),
    (1, 1, 'probe', 'GET', 'https://a.example/x', 1000009, null, 'timeout', null, 0, 20.0),
    (5, 0, 'page', 'GET', 'https://a.example/', 2000000, 200, null, null, 900, 0.5);
insert into check_states values
    ('https://a.example/', 'alive', 'ok', 'answers', 2000000, 2000000, 2, 0, 0, null, 2000000, null),
    ('https://b.example/', 'failing', 'dns', 'no-address', 1000001, 1000001, 1, 1, 0, null, null, 9000000);
insert into watches values
    (3, 'list', 'https://a.example/p', 'a.example/p', 'a.example', 'mine.example', 'domain', 'Ann', null, 0, null, 5, 7,
     null, 'alive', 7, '', null, '{"state": "alive", "since_us": 7, "reasons": [], "place": null, "last_alive_us": 7, "doubt": null, "doubt_since_us": null, "doubt_reasons": []}',
     7, 99, 'd3'),
    (9, 'site', 'https://b.example/q', 'b.example/q', 'b.example', 'mine.example', 'domain', '', 'Bread', 1, 3600, 5, null,
     null, 'unseen', 5, '', null, '{}', null, 5, 'd9');
insert into looks values (1, 3, 6, 'alive', '{}', 200, 'https://a.example/p'), (4, 3, 7, 'alive', '{}', 200, 'https://a.example/p');
insert into events values (2, 8, 6, 'lost', 'alive', '{"link_removed": "Bread"}', 'https://c.example/', 'mine.example', 'Bread', '', null);
insert into messages values (1, 'mail', 6, 'sent', 1, 6, 7, '250 ok');
insert into message_events values ('mail', 2, 1);
insert into monitor_facts values ('identity', 'f00d');
insert into survival values ('a.example', 1.0, 0.5);
insert into wishes values ('https://c.example/', 'monitor', 'lost', 6);
