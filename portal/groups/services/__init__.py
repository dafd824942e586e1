"""What can be done to groups and their people."""
