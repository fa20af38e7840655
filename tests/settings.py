"""The portal's settings as the tests use them: in a folder of their own, with cheap passwords."""

import os
import tempfile

os.environ["LEAFLINE_DATA"] = tempfile.mkdtemp(prefix="leafline-tests-")
os.environ["LEAFLINE_DEBUG"] = "1"

from portal.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
#: The host that Django's test client asks for.
SITE_URL = "http://testserver"
