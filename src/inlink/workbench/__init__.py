"""inlink.workbench"""
