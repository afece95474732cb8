"""What is said when a document cannot be issued."""


class DocumentFault(Exception):
    """A document was not issued. The sentence says what, where and what to do, and never quotes what a person typed."""
