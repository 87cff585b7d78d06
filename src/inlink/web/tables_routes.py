"""Every address that the working tables answer: pages, exports, evidence."""

from __future__ import annotations

from starlette.routing import BaseRoute

from inlink.web import evidence, exporting, tables_broken, tables_page, tables_saved

ROUTES: list[BaseRoute] = [
    *tables_page.ROUTES,
    *tables_broken.ROUTES,
    *evidence.ROUTES,
    *exporting.ROUTES,
    *tables_saved.ROUTES,
]
