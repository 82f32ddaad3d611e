"""The WSGI application, its settings read from the environment: `gunicorn wsgi:app`."""

from payouts import logs
from payouts.app import create_app, make_service
from payouts.config import read_settings

logs.set_up("web")
app = create_app(make_service(read_settings(), pool_size=10))
