"""The command line: parse, call the workbench, render. Nothing here touches a store, a kernel or a stage."""
