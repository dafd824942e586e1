"""Search by words, partitioned by space: what stands in one group costs and tells nothing in another.

Features write self-contained rows with ``index.put`` and register a kind's name there.
"""
