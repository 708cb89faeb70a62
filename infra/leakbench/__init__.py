"""`make leakbench`: classic leaks on pure noise, drawn in the worst order and run for real, beside what a plain script is fooled by."""
