"""One router a noun: each operation reads a request, asks the workbench once, and sends what it says."""
