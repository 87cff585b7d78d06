"""The read-only site: parse a request, call the workbench, render a template. No scripts, nothing to change."""
