"""An application of huey; HUEY_REDIS or HUEY_FILE say where its tasks wait, HUEY_KIND which of huey's classes it is."""

import os

import huey as library

from tests.exporter.backends import jobs

KIND = getattr(library, os.environ.get("HUEY_KIND", "RedisHuey"))
WHERE = {"url": os.environ["HUEY_REDIS"]} if "HUEY_REDIS" in os.environ else {"filename": os.environ["HUEY_FILE"]}

huey = KIND(os.environ["HUEY_NAME"], **WHERE)
add = huey.task(name="add")(jobs.add)
