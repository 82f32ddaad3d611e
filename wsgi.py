"""The WSGI application, its settings read from the environment: `gunicorn wsgi:app`."""

from payouts.app import create_app, make_service
from payouts.config import read_settings

app = create_app(make_service(read_settings(), pool_size=10))
