"""Mission control: flights and campaigns in a browser, live or saved."""
