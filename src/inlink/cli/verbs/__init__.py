"""The verbs of the command line, a file for each part of the help; what a verb needs is imported when it runs."""
