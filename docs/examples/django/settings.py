"""The least that Django needs."""

DEBUG = True
SECRET_KEY = "development"
ROOT_URLCONF = "urls"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
