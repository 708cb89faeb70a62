"""The proof that Flowza survives: real kills of real processes, and faults on the wire between ours and the cloud's."""
