"""Releases of web graphs as Common Crawl publishes them: which there are, and their files, fetched with resume."""

from inlink.sources.releases.download import Fetched, FetchReport, fetch_release
from inlink.sources.releases.listing import KINDS, Release, find_release, list_releases
from inlink.sources.releases.place import Place, ReleaseFiles, open_place

__all__ = [
    "KINDS",
    "FetchReport",
    "Fetched",
    "Place",
    "Release",
    "ReleaseFiles",
    "fetch_release",
    "find_release",
    "list_releases",
    "open_place",
]
