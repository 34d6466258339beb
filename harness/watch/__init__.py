"""The watch: what new releases make worse.

news -> verdict -> acknowledgements -> bulletin -> forms, screen -> command
"""
