"""Somebody's code, run where it can reach nothing.

    process.py  starts a fresh interpreter with an empty environment in a folder of its own, waits, ends it, reads what it left
    child.py    is that interpreter: it loads the rows, lets the walls down, runs the code, writes the rows
    walls.py    what the operating system refuses it: network, programs, files, memory, time
    requirements.py  which packages are there, held against what the code asks for
    rules.py    what Python refuses it: modules that are not on the list, and the back doors to them
    handler.py  the function on AWS, whose role may do nothing: rows come and go by addresses that expire

The rules give a clear word to honest people; the walls are what holds.
"""
