"""inlink.web"""
