"""The commands of accounts: signing in, what one keeps in one's own account, invitations and tokens."""
