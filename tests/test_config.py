"""Settings: what is read, and what a wrong line says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from inlink.config import TEMPLATE, Settings, parse_settings, read_settings, setting_names
from inlink.errors import BadInput

FULL = """
[site]
domain = "Example.ORG"
aliases = ["example.com", "example.com"]
competitors = ["example.net"]

[suffixes]
own = ["university.example", "a.example"]

[build]
workers = 3
memory = "2 GiB"

[limits]
max_links = 1000
max_body_bytes = "1.5MiB"

[fetch]
contact = "https://example.org/bot"
delay_s = 2
opt_out = ["Example.NET"]
test_hosts = ["localhost"]
routes = ["*.example=http://127.0.0.1:8080"]

[monitor]
mail_to = ["you@example.org", "me@example.org"]
mail_from = "inlink@example.org"
smtp = "smtps://user@mail.example.org:465"
webhook = "https://example.org/hook"
feed = false
alerts = "at-once"
digest_hours = 12
robots = ["Googlebot", "bingbot"]
lost_after_days = 14

[retention]
snapshots = 5
archive_days = 30
looks_days = 90
checks_days = 300
ledger_days = 60

[database]
url = "postgresql://inlink:secret@db.example.org/inlink"
schema = "team_a"

[import]
roots = ["/srv/crawls"]

[server]
base_url = "https://links.example.org/"
hosts = ["Links.example.net"]
trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]
requests_per_minute = 0
session_hours = 8
session_days = 7
question_s = 20
max_upload = "1GiB"
"""


def test_everything_that_can_be_set() -> None:
    found = parse_settings(FULL)
    assert found.site.domain == "example.org"
    assert found.site.aliases == ("example.com",)
    assert found.suffixes == ("a.example", "university.example")
    assert (found.build.workers, found.build.memory_bytes) == (3, 2 * 2**30)
    assert found.limits == {"max_links": 1000, "max_body_bytes": 3 * 2**19}
    assert found.fetch.test_hosts == ("localhost",)
    assert (found.fetch.contact, found.fetch.delay_s) == ("https://example.org/bot", 2.0)
    assert (found.fetch.opt_out, found.fetch.routes) == (("example.net",), ("*.example=http://127.0.0.1:8080",))
    assert (found.monitor.mail_to[1], found.monitor.smtp) == ("me@example.org", "smtps://user@mail.example.org:465")
    assert (found.monitor.alerts, found.monitor.digest_hours, found.monitor.feed) == ("at-once", 12, False)
    assert found.monitor.robots == ("googlebot", "bingbot")
    assert (found.retention.snapshots, found.retention.archive_days, found.retention.looks_days) == (5, 30, 90)
    assert found.retention.ledger_days == 60
    assert found.database.url.endswith("@db.example.org/inlink")
    assert "secret" not in repr(found)
    assert (found.server.base_url, found.server.hosts) == ("https://links.example.org", ("links.example.net",))
    assert found.server.trusted_proxies == ("127.0.0.1/32", "10.0.0.0/8")
    assert (found.server.requests_per_minute, found.server.max_upload_bytes) == (0, 2**30)
    assert (found.server.session_hours, found.server.session_days, found.server.question_s) == (8, 7, 20.0)


def test_a_wrong_address_of_a_database_is_not_shown() -> None:
    with pytest.raises(BadInput, match=r"database\.url is not right") as caught:
        parse_settings('[database]\nurl = "mysql://inlink:secret@db.example.org/inlink"')
    assert "secret" not in f"{caught.value}{caught.value.hint}{caught.value.__cause__}"


def test_every_setting_is_in_the_full_example() -> None:
    tables = tomllib.loads(FULL)
    written = {f"{section}.{name}" for section, table in tables.items() for name in table}
    assert {name for name in setting_names() if name != "limits.*"} <= written


def test_template_gives_the_defaults_and_its_examples_are_right() -> None:
    assert parse_settings(TEMPLATE) == Settings()
    shown = "\n".join(line.removeprefix("# ") if " = " in line else line for line in TEMPLATE.splitlines())
    assert parse_settings(shown).site.domain == "example.org"


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "inlink.toml") == Settings()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("[site", "cannot be read", id="not-toml"),
        pytest.param("[sight]", "sight", id="unknown-section"),
        pytest.param("[site]\nname = 'x'", "site.name", id="unknown-setting"),
        pytest.param("[server]\nbase_url = 'https://a.example/path'", "server.base_url", id="base-url-with-a-path"),
        pytest.param("[server]\ntrusted_proxies = ['proxy']", "server.trusted_proxies", id="proxy-by-name"),
        pytest.param("[server]\nrequests_per_minute = -1", "server.requests_per_minute", id="negative-rate"),
        pytest.param("site = 3", "site", id="section-is-a-value"),
        pytest.param("[site]\ndomain = 'https://example.org/'", "site.domain", id="domain-is-a-url"),
        pytest.param("[site]\naliases = 'example.org'", "site.aliases", id="no-list"),
        pytest.param("[build]\nworkers = 0", "build.workers", id="no-workers"),
        pytest.param("[build]\nworkers = true", "build.workers", id="workers-is-a-truth-value"),
        pytest.param("[build]\nmemory = '1 TB'", "build.memory", id="unknown-unit"),
        pytest.param("[build]\nmemory = '1MB'", "build.memory", id="too-little-memory"),
        pytest.param("[monitor]\nmail_to = ['you']", "monitor.mail_to", id="no-mail-address"),
        pytest.param("[monitor]\nsmtp = 'smtp://me:secret@mail'", "monitor.smtp", id="password-in-a-file"),
        pytest.param("[monitor]\nwebhook = 'ftp://x'", "monitor.webhook", id="webhook-no-web"),
        pytest.param("[monitor]\nalerts = 'never'", "monitor.alerts", id="unknown-alerts"),
        pytest.param("[monitor]\nfeed = 1", "monitor.feed", id="no-truth-value"),
        pytest.param("[retention]\nsnapshots = -1", "retention.snapshots", id="negative"),
        pytest.param("[limits]\nmax_links = 'many'", "limits.max_links", id="no-number"),
    ],
)
def test_wrong_settings_are_named(text: str, names: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_settings(text, name="my.toml")
    assert "my.toml" in caught.value.message
    assert names in caught.value.message
    assert caught.value.hint


def test_a_file_in_another_charset(tmp_path: Path) -> None:
    path = tmp_path / "inlink.toml"
    path.write_bytes("[site]\ndomain = 'ä'".encode("latin-1"))
    with pytest.raises(BadInput, match="UTF-8"):
        read_settings(path)
