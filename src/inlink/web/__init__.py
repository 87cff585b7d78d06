"""The pages: parse a request, call the workbench, render a template. Scripts only make better what works without."""
