"""Real servers and a real browser for the tests, each started on this machine and gone when the test process is."""
