"""Folders that grow: what is new or changed is extracted when it comes, and told."""
