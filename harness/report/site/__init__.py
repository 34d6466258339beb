"""The published report: static pages, made of the tables, that need nothing but a browser."""
