"""The REST API: one router a noun, each parsing a request, asking the workbench once, and rendering what it says."""
