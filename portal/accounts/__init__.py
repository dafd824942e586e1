"""How a person gets in and stays in: invitations, passwords, second factors, sign-in sessions, tokens."""
