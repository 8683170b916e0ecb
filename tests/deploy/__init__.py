"""What stands in deploy/: each tool reads its file, and the proxy keeps what it promises."""
