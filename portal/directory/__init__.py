"""Organisations, people and products: who there is. Rights are ``portal.groups``'s, sign-in ``portal.accounts``'s."""
