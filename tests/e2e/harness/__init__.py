"""What the end-to-end tests stand on: one portd a test, its own folder, its own ports."""
