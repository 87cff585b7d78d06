create table if not exists facts (name text primary key, value text not null) without rowid;
create table if not exists hosts (
    id integer primary key,
    name text not null unique,
    n_waiting integer not null default 0,
    n_done integer not null default 0,
    aside text -- why its pages are not asked for now
);
-- state: 0 waiting, 1 done, 2 left out, 3 failed. turn: depth, and 10,000 for every try.
-- flags: 1 seed, 2 sitemap. key: hash of the URL without session ids.
create table if not exists pages (
    id integer primary key,
    key integer not null,
    host integer not null,
    turn integer not null,
    state integer not null,
    flags integer not null,
    hops integer not null,
    url text not null,
    why text,
    status integer,
    fetched_at integer,
    text_digest integer,
    simhash integer,
    canonical text,
    found_on integer -- the page whose link led here first
);
create unique index if not exists page_by_key on pages (key);
create index if not exists queue on pages (host, turn, id) where state = 0;
create index if not exists hosts_waiting on hosts (id) where n_waiting > 0 and aside is null;
-- Pages whose scripts are to be run, or were. state: 0 waiting, 1 done, 3 failed.
create table if not exists renders (
    page integer primary key,
    record text not null, -- id of the record of its answer
    place text not null, -- of the record that holds its body
    headers text not null, -- of its answer
    answered_at integer not null,
    state integer not null default 0,
    why text,
    n_links integer not null default 0 -- that were not there before its scripts ran
);
create index if not exists renders_waiting on renders (page) where state = 0;
create table if not exists files (
    name text primary key,
    n_bytes integer not null,
    is_registered integer not null default 0
) without rowid;
create table if not exists shapes (
    key integer primary key,
    example text not null,
    n_found integer not null,
    n_own integer not null, -- found on pages of the same shape
    n_other integer not null, -- URLs of other shapes found on pages of this one
    n_done integer not null,
    n_same integer not null, -- with the text of the one before
    last_simhash integer,
    closed text
);
create trigger if not exists page_added after insert on pages when new.state = 0 begin
    update hosts set n_waiting = n_waiting + 1 where id = new.host;
end;
create trigger if not exists page_settled after update of state on pages when old.state = 0 and new.state <> 0 begin
    update hosts set n_waiting = n_waiting - 1, n_done = n_done + (new.state = 1) where id = new.host;
end;
create trigger if not exists page_reopened after update of state on pages when old.state <> 0 and new.state = 0 begin
    update hosts set n_waiting = n_waiting + 1 where id = new.host;
end;
