"""Pages: each opens a piece of work, does one thing, and shows or goes somewhere."""
