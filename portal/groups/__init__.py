"""Groups and their spaces, memberships and seats: who reads and writes where, and why."""
