"""Screens: see ARCHITECTURE.md."""
