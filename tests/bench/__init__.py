"""Benchmarks: ratios against a peer in one run, by `make bench`; never timed tests."""
