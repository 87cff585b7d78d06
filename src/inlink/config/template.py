"""What a new workspace's `inlink.toml` says: every setting, with its default and what it means."""

TEMPLATE = """\
# Settings of this workspace. Every line is optional; what stands here after "#" is the default or an example.

[site]
# domain = "example.org"                # your own site
# aliases = ["example.com"]             # other names of it
# competitors = ["example.net"]

[suffixes]
# Names below which everybody has a domain of their own, beside those of the Public Suffix List.
# own = ["university.example"]

[build]
# workers = 2                           # processes that read inputs
# memory = "1.5GiB"                     # for all processes together

[limits]
# Bounds on what one record may cost; all names are in docs/settings.md.
# max_body_bytes = "32MiB"

[fetch]
# contact = "https://example.org/bot"   # who asks, for webmasters: a URL or an e-mail address; crawls need it
# delay_s = 1.0                         # seconds from one request to a host to the next; a longer Crawl-delay counts
# opt_out = ["example.net"]             # domains and hosts that are never asked
# test_hosts = ["localhost"]            # hosts that may resolve to private addresses
# routes = ["*.example=http://127.0.0.1:8080"]  # where test hosts are, whatever DNS says

[monitor]
# mail_to = ["you@example.org"]         # who is told what became of watched links
# mail_from = "inlink@example.org"
# smtp = "smtps://user@mail.example.org:465"    # or smtp:// (STARTTLS where offered); password: INLINK_SMTP_PASSWORD
# webhook = "https://example.org/hook"  # gets JSON; signed where INLINK_WEBHOOK_SECRET is set
# feed = true                           # alerts.atom.xml in the workspace
# alerts = "digest"                     # one message in digest_hours; or "at-once"
# digest_hours = 24
# robots = ["googlebot"]                # named robots whose noindex and nofollow count as those for all do
# lost_after_days = 30                  # a page that does not answer for so long is lost

[retention]
# snapshots = 3                         # how many `inlink gc` keeps
# archive_days = 365                    # `inlink gc` removes older copies (`inlink add --keep`); left out: never
# looks_days = 400                      # `inlink monitor run` and `inlink gc` forget older looks and alerts
# checks_days = 400                     # `inlink gc` forgets older checks; what they say together stays
# ledger_days = 365                     # what was asked of whom is listed for so long, then counted by month

[database]
# url = "postgresql://inlink@db.example.org/inlink"  # left out: workspace.db here; a password: better in ~/.pgpass
# schema = "team_a"                     # of PostgreSQL: one each for workspaces that share a database

[import]
# roots = ["/srv/crawls"]               # folders from which people with accounts may import, beside uploads/ and data/
#                                         here; the command line, and a site without users, may import any file

[server]
# base_url = "https://links.example.org"  # where people reach the site, behind a reverse proxy say
# hosts = ["links.example.net"]         # further names that it answers to
# trusted_proxies = ["127.0.0.1"]       # whose X-Forwarded-For and X-Forwarded-Proto count: addresses and networks
# requests_per_minute = 600             # of the API, by a token or an address; 0: no limit
# session_hours = 72                    # a sign-in that is not used ends
# session_days = 30                     # every sign-in ends
# question_s = 30                       # a question to the index that takes longer is ended; from the next start on
# max_upload = "256MiB"                 # one file
"""
