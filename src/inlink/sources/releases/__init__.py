"""Releases of web graphs as Common Crawl publishes them: which there are, and their files, fetched with resume."""

from inlink.sources.releases.download import Fetched, FetchReport, fetch_release, read_record
from inlink.sources.releases.listing import KINDS, Release, check_name, find_release, list_releases
from inlink.sources.releases.place import Place, ReleaseFile, ReleaseFiles, open_place, release_files

__all__ = [
    "KINDS",
    "FetchReport",
    "Fetched",
    "Place",
    "Release",
    "ReleaseFile",
    "ReleaseFiles",
    "check_name",
    "fetch_release",
    "find_release",
    "list_releases",
    "open_place",
    "read_record",
    "release_files",
]
