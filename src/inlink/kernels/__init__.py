"""Compiled kernels: arrays in, arrays out; they know no URL and no table."""
