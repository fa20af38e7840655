"""How gunicorn serves the portal: `gunicorn --config python:portal.gunicorn portal.wsgi --workers 4`."""

#: Threads keep connections open, and a slow visitor holds up nobody.
worker_class = "gthread"
threads = 4
#: An address with 500 taxa is up to 6,000 characters long where commas are encoded.
limit_request_line = 8190
