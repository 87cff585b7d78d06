"""Fixtures that all tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

import postgres
from inlink.cli.main import main
from inlink.demo import DemoWeb, generate
from inlink.store.db import WorkDatabase
from inlink.workbench import Workbench
from walked import Walked, walk

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

# Seeds are fixed, and no test depends on how fast the machine is.
settings.register_profile("inlink", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("inlink")

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("INLINK_TEST_DATA") or ROOT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the third-party data; tests that need it are skipped, and counted, where it is missing."""
    if not (DATA / "INVENTORY.md").exists():
        pytest.skip(f"third-party data not found at {DATA} (set INLINK_TEST_DATA)")
    return DATA


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; tests that need a browser are skipped, and counted, where there is none."""
    names = (os.environ.get("INLINK_CHROMIUM") or "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium (install it, or set INLINK_CHROMIUM)")
    return path


@pytest.fixture(scope="session")
def playwright(chromium: str) -> Iterator[Playwright]:
    """Playwright for all tests of this process, in whatever order they come: a second one beside it does not start."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    """A running PostgreSQL; tests that need it are skipped, and counted, where it is not installed."""
    programs = postgres.programs()
    if programs is None:
        pytest.skip("no PostgreSQL (install it, or set INLINK_POSTGRESQL to the folder of its programs)")
    server = postgres.Server(programs)
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgresql_template(postgresql: postgres.Server) -> str:
    """Name of a database of the newest form without rows, to be copied."""
    name = postgresql.make()
    WorkDatabase.open(postgresql.url(name)).close()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the newest form without rows, to be copied."""
    path = tmp_path_factory.mktemp("template") / "workspace.db"
    WorkDatabase.open(path).close()
    return path


@pytest.fixture(params=("sqlite", "postgresql"))
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an empty workspace database is, of either kind; INLINK_DATABASE_URL lets a whole workspace use it."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "workspace.db")
        yield f"sqlite:///{tmp_path}/workspace.db"
        return
    template: str = request.getfixturevalue("postgresql_template")
    server: postgres.Server = request.getfixturevalue("postgresql")
    name = server.make(template)
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def work_database(database_url: str) -> Iterator[WorkDatabase]:
    """An empty workspace database, of either kind."""
    opened = WorkDatabase.open(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def demo_web(tmp_path_factory: pytest.TempPathFactory) -> DemoWeb:
    """The demo web: two crawls and the truth about them."""
    return generate(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def demo_bench(demo_web: DemoWeb, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A workspace that serves the demo web; tests only ask it."""
    with Workbench.create(tmp_path_factory.mktemp("workspace")) as made:
        made.add([str(path) for path in demo_web.warcs])
        made.build()
        yield made


@pytest.fixture(scope="session")
def demo_walk(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """`inlink demo`, run once; tests copy its workspace."""
    return walk(tmp_path_factory.mktemp("walk") / "web")


@pytest.fixture(scope="session")
def ranked_bench(demo_bench: Workbench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """The demo web's workspace with a scoring run of its pages, hosts and domains; tests only ask it."""
    folder = tmp_path_factory.mktemp("ranked") / "workspace"
    shutil.copytree(demo_bench.path, folder, ignore=shutil.ignore_patterns("*.lock", "*.lease"))
    with Workbench.open(folder) as made:
        made.rank()
        yield made


@pytest.fixture
def told(
    ranked_bench: Workbench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """What the command line says to arguments; it finds the ranked demo open, which saves most of the time."""
    monkeypatch.setattr(Workbench, "open", lambda _path: ranked_bench)
    monkeypatch.setattr(Workbench, "close", lambda _self: None)

    def perform(*arguments: str) -> str:
        assert main(["-w", str(ranked_bench.path), "-q", *arguments]) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    return perform
