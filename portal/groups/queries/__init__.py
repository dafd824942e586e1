"""Reading of groups, memberships and grounds. Each function says who may have its answer."""
