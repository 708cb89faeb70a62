"""Everything that leaves for a machine outside: one door (`egress.py`), and what speaks through it."""
