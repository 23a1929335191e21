"""What would run on board. Never imports ``world`` or ``sim``; knows only the messages."""
