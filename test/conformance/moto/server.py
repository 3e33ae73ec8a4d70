"""moto's server on a free port of loopback, until standard input ends. Writes its address as its first line.

moto 5.2.5 is extended where it has the part, but not the way to it: see cloudformation_types.py, iam.py and speed.py.
"""

import os
import sys
import threading

import cloudformation_types
import iam
import speed
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

speed.extend()
iam.extend(decisions_file=sys.argv[1])
app = DomainDispatcherApplication(create_backend_app)
server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
# By this name, since moto's CloudFormation finds a template in its own S3 only at an address with "localhost" in it.
address = f"http://localhost:{server.port}"
cloudformation_types.serve_queues_at(address)
print(address, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
