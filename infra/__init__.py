"""What Flowza stands on: AWS resources, and the embedded cloud that answers in their place on a laptop."""
