"""A whole 360 through the portal, the site and mail, as people run it: no database, no shortcut."""
