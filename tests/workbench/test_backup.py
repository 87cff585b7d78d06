"""Backups: whole, of one moment, refused where they are damaged, and put back into either database from either."""

from __future__ import annotations

import contextlib
import io
import json
import stat
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

import postgres
from inlink.check.keeping import CheckStore
from inlink.check.verdicts import Try, Verdict
from inlink.errors import BadInput, CorruptIndex, NotFound, Refused
from inlink.store.db import Base, WorkDatabase
from inlink.store.db.users import UserRow
from inlink.workbench import Workbench
from inlink.workbench.people import Role, Who

LOCAL = Who.local()
TRY = Try("page", "GET", "https://a.example/", 5, 404, None, None, 12, 0.1)
CHECK = Verdict(
    "https://a.example/", 5, "not-found", "404", "it is gone — weg", 404, None, None, {"x": "ü\u2028"}, (TRY,)
)


def fill(bench: Workbench) -> None:
    """Rows in tables that refer to each other, settings, an input and an archive."""
    (bench.path / "inlink.toml").write_text('# mine\n[site]\ndomain = "mine.example"\n', "utf-8")
    page = b"WARC/1.0\r\n\r\n"
    (bench.path / "archive" / "a.warc.gz").write_bytes(page * 1000)
    with bench.database.step() as session:
        user = {"name": "Ann", "name_key": "ann", "role": "admin", "password_hash": "-"}
        session.execute(insert(UserRow).values(user_id=7, disabled=False, made_at=1, password_at=1, **user))
    ann = Who(7, "Ann", Role.ADMIN, "session")
    project = bench.projects.add(ann, "Bread", "bread.example")
    bench.projects.views.add(ann, "Mine", "backlinks", project_id=project.id, options={"where": "anchor = 'ü'"})
    bench.projects.notes.add(ann, "domain", "b.example", "line\nline")
    CheckStore(bench.database).keep([CHECK])


def rows(database: WorkDatabase) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            query = select(table).order_by(*table.primary_key.columns)
            found[table.name] = [tuple(row) for row in session.execute(query)]
    return {name: some for name, some in found.items() if some and name not in ("audit", "belonging")}


@pytest.fixture
def bench(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    with monkeypatch.context() as patch:
        patch.setenv("INLINK_DATABASE_URL", database_url)
        made = Workbench.create(tmp_path / "web")
        fill(made)
    yield made
    made.close()


@pytest.fixture(params=("sqlite", "postgresql"))
def other(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """An empty workspace elsewhere, on either database."""
    if request.param == "postgresql":
        server: postgres.Server = request.getfixturevalue("postgresql")
        name = server.make(request.getfixturevalue("postgresql_template"))
        made = Workbench.create(tmp_path / "other")
        settings = made.path / "inlink.toml"
        settings.write_text(f'{settings.read_text("utf-8")}\n[database]\nurl = "{server.url(name)}"\n'.replace(
            "[database]\n# url", "# url"), "utf-8")  # fmt: skip
        yield made
        made.close()
        server.drop(name)
    else:
        made = Workbench.create(tmp_path / "other")
        yield made
        made.close()


def test_from_each_database_into_each(bench: Workbench, other: Workbench, tmp_path: Path) -> None:
    file = tmp_path / "copy.tar"
    made = bench.backup(file, archive=True)
    assert (made.rows["users"], made.rows["notes"], made.n_files, made.n_bytes) == (1, 1, 2, file.stat().st_size)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    url = other.settings.database.url
    done = other.restore(file, LOCAL)
    assert done.n_files == 2
    assert rows(other.database) == rows(bench.database)
    (check,) = CheckStore(other.database).history(CHECK.url)
    assert check == CHECK
    assert other.settings.site.domain == "mine.example"
    assert "# mine" in (other.path / "inlink.toml").read_text("utf-8")
    assert other.settings.database.url == url
    archived = Path("archive") / "a.warc.gz"
    assert (other.path / archived).read_bytes() == (bench.path / archived).read_bytes()
    assert other.projects.add(LOCAL, "New", "new.example").id == 2  # the next number is one that no row has


def test_what_is_there_is_not_overwritten(bench: Workbench, tmp_path: Path) -> None:
    file = tmp_path / "copy.tar"
    bench.backup(file)
    with pytest.raises(BadInput, match="is there already"):
        bench.backup(file)
    bench.backup(file, force=True)
    with pytest.raises(NotFound):
        bench.backup(tmp_path / "no" / "copy.tar")
    before = rows(bench.database)
    bench.projects.notes.add(LOCAL, "domain", "c.example", "later")
    with pytest.raises(Refused, match="holds something already"):
        bench.restore(file, LOCAL)
    with pytest.raises(Refused):
        bench.restore(file, Who(7, "Ann", Role.EDITOR, "session"), force=True)
    bench.restore(file, LOCAL, force=True)
    assert rows(bench.database) == before


def test_a_backup_is_of_one_moment(bench: Workbench, tmp_path: Path) -> None:
    """Notes are written in pairs while backups are made: none holds half a pair."""
    stop = threading.Event()
    numbers = [bench.projects.notes.add(LOCAL, "domain", f"{n}.example", "0").id for n in range(2)]

    def write() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            with bench.database.step() as session:
                for number in numbers:
                    session.execute(Base.metadata.tables["notes"].update().where(
                        Base.metadata.tables["notes"].c.note_id == number).values(text=str(n)))  # fmt: skip

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            bench.backup(tmp_path / f"{number}.tar")
    finally:
        stop.set()
        writer.join()
    for number in range(3):
        with Workbench.create(tmp_path / f"back{number}") as back:
            back.restore(tmp_path / f"{number}.tar", LOCAL)
            assert len({note.text for note in back.projects.notes.latest() if note.id in numbers}) == 1


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Workbench, Path]]:
    with Workbench.create(tmp_path / "web") as bench:
        fill(bench)
        bench.backup(tmp_path / "copy.tar", archive=True)
        yield bench, tmp_path / "copy.tar"


def test_what_is_damaged_is_refused(small: tuple[Workbench, Path], tmp_path: Path) -> None:
    whole = small[1].read_bytes()
    at = whole.index(b"WARC/1.0")
    damaged = {
        "flipped": whole[:at] + b"X" + whole[at + 1 :],
        "cut": whole[: len(whole) // 2],
        "nothing": b"",
        "text": b"not a tar archive at all" * 100,
    }
    for name, content in damaged.items():
        (tmp_path / name).write_bytes(content)
        with Workbench.create(tmp_path / f"into {name}") as into:
            before = (into.path / "inlink.toml").read_bytes()
            with pytest.raises(CorruptIndex):
                into.restore(tmp_path / name, LOCAL)
            assert rows(into.database) == {}
            assert (into.path / "inlink.toml").read_bytes() == before
            assert not list((into.path / "archive").iterdir())
    with pytest.raises(NotFound):
        small[0].restore(tmp_path / "none.tar", LOCAL)


@pytest.mark.parametrize(
    "name",
    [
        "files/../../evil",
        "files//etc/evil",
        "files/CURRENT",
        "files/archive/../../evil",
        "evil",
        "tables/../x.jsonl.gz",
    ],
)
def test_files_of_elsewhere_are_refused(small: tuple[Workbench, Path], tmp_path: Path, name: str) -> None:
    made_up = rewritten(small[1], tmp_path / "made-up.tar", {name: b"x"}, {})
    with Workbench.create(tmp_path / "into") as into, pytest.raises(CorruptIndex, match="no backup has"):
        into.restore(made_up, LOCAL)
    assert not (tmp_path / "evil").exists()


def test_a_newer_backup_is_refused(small: tuple[Workbench, Path], tmp_path: Path) -> None:
    newer = rewritten(small[1], tmp_path / "newer.tar", {}, {"form": "9999"})
    with Workbench.create(tmp_path / "into") as into, pytest.raises(CorruptIndex, match="newer inlink"):
        into.restore(newer, LOCAL)


def test_an_older_backup_is_brought_to_the_newest_form(small: tuple[Workbench, Path], tmp_path: Path) -> None:
    """Rows of form 0003 know no users and no projects yet."""
    with tarfile.open(small[1]) as tar:
        later = {name for name in tar.getnames() if name.startswith("tables/") and not is_of_0003(name)}
    older = rewritten(small[1], tmp_path / "older.tar", {}, {"form": "0003"}, later)
    with Workbench.create(tmp_path / "into") as into:
        into.restore(older, LOCAL)
        assert CheckStore(into.database).history(CHECK.url) == [CHECK]
        assert rows(into.database).keys() == {"checks", "check_states"}


def is_of_0003(name: str) -> bool:
    from inlink.store.db import audit, checks, watches

    modules = {module.__name__ for module in (audit, checks, watches)}
    tables = {m.local_table.description for m in Base.registry.mappers if m.class_.__module__ in modules}
    return name.removeprefix("tables/").removesuffix(".jsonl.gz") in tables


def rewritten(
    file: Path,
    to: Path,
    more: dict[str, bytes],
    head: dict[str, object],
    without: set[str] = frozenset(),  # type: ignore[assignment]
) -> Path:
    """A backup with other members, its digests right."""
    import hashlib

    with tarfile.open(file) as tar:
        members = {e.name: tar.extractfile(e).read() for e in tar.getmembers() if e.name not in without}  # type: ignore[union-attr]
    members.pop("digests.json")
    members |= more
    members["backup.json"] = json.dumps({**json.loads(members["backup.json"]), **head}).encode()
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    members["digests.json"] = json.dumps(digests).encode()
    with tarfile.open(to, "w") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return to


def test_a_restore_that_fails_changes_nothing(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.backup(tmp_path / "copy.tar")
    bench.projects.notes.add(LOCAL, "domain", "c.example", "later")
    before = rows(bench.database)

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("inlink.workbench.database_restore.record", broken)
    with contextlib.suppress(KeyboardInterrupt):
        bench.restore(tmp_path / "copy.tar", LOCAL, force=True)
    assert rows(bench.database) == before
