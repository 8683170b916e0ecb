"""What runs inside the box: a process of its own that looks at hostile bytes. It imports nothing else of ours."""
