"""What people share: projects, jobs, accounts, backups, a person's data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inlink.workbench.accounts import Accounts
    from inlink.workbench.database_backup import BackupReport
    from inlink.workbench.database_restore import RestoreReport
    from inlink.workbench.jobs import JobsDoor
    from inlink.workbench.people import Who
    from inlink.workbench.persons import Erased, Found
    from inlink.workbench.projects import Projects
from inlink.workbench.opened import Opened


class Team(Opened):
    """What people share: projects, jobs, accounts, backups, a person's data."""

    @property
    def projects(self) -> Projects:
        """Sites that are worked for, saved views and notes."""
        from inlink.workbench.projects import Projects

        return Projects(lambda: self.database, lambda: self.settings)

    @property
    def jobs(self) -> JobsDoor:
        """Work that goes on behind the pages: start, list, log, cancel, retry."""
        from inlink.workbench.jobs import JobsDoor

        return JobsDoor(self._home(), self.database)

    @property
    def accounts(self) -> Accounts:
        """People who may sign in, where they are signed in, and tokens of their programs."""
        from inlink.workbench.accounts import Accounts, Terms

        with self._opening_database:
            if self._accounts is None:
                server = self._home().settings.server
                terms = Terms(server.session_hours, server.session_days)
                self._accounts = Accounts(lambda: self.database, terms)
            return self._accounts

    def backup(self, to: str | Path, *, archive: bool = False, force: bool = False) -> BackupReport:
        """One file with all that cannot be made again, as it stands now; archive: with what was fetched."""
        from inlink.workbench import database_backup

        return database_backup.backup(self._home(), Path(to), archive=archive, force=force)

    def restore(self, file: str | Path, who: Who, *, force: bool = False) -> RestoreReport:
        """The workspace holds what a backup holds, instead of what it held (which takes `force`)."""
        from inlink.workbench import database_restore

        return database_restore.restore(self._home(), Path(file), who, force=force)

    def find_person(self, person: str, who: Who) -> Found:
        """Where a person's name or e-mail address stands: database, settings, inputs of the index."""
        from inlink.workbench import persons

        return persons.find(self._home(), person, who)

    def erase_person(self, person: str, who: Who) -> Erased:
        """Take a person out of the database; says what is left to do by hand."""
        from inlink.workbench import persons

        return persons.erase(self._home(), person, who, remove_user=self.accounts.remove)
