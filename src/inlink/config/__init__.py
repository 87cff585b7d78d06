"""Settings of a workspace: `inlink.toml`, read into frozen dataclasses; a wrong one is a clear error."""

from inlink.config.reading import FILE_NAME, parse_settings, read_settings, setting_names
from inlink.config.settings import Build, Database, Fetch, Imports, Monitor, Retention, Server, Settings, Site
from inlink.config.template import TEMPLATE

__all__ = [
    "FILE_NAME",
    "TEMPLATE",
    "Build",
    "Database",
    "Fetch",
    "Imports",
    "Monitor",
    "Retention",
    "Server",
    "Settings",
    "Site",
    "parse_settings",
    "read_settings",
    "setting_names",
]
