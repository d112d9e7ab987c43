"""An app that is served aside of its service: by a test, on a port of the test's."""

# In the WSGI environ of such a request: its port says nothing of the service.
ASIDE = "portd.aside"
