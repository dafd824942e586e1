"""Forums, threads and posts: the discussion of the groups, and of every other object."""
