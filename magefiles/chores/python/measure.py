"""Runs the command given as arguments, its output thrown away, and prints the most memory it held, in bytes.

It stands between because a program inherits the peak of the one that started it: until it executes, Linux counts the
starter's memory as its own. This interpreter, started without its site packages, is smaller than what it measures.
"""

import os
import resource
import sys

child = os.fork()
if child == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])

_, status = os.waitpid(child, 0)
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit)
sys.exit(os.waitstatus_to_exitcode(status))
