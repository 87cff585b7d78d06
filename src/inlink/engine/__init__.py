"""inlink.engine"""
