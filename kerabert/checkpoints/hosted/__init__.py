"""Presets on hosts: names, downloads, publishing."""
