"""What people see in a terminal: text that fits, tables, progress."""
