"""What makes moto 5.2.5 too slow for thousands of events, and no answer different."""

import threading
from functools import lru_cache

import jsonpath_ng.ext
from moto.sqs.models import Queue, SQSBackend

asked = threading.local()


class Uncounted:
    """A queue without the attributes that moto finds by looking at every message."""

    def __init__(self, queue):
        self.queue = queue
        self.BASE_ATTRIBUTES = [name for name in queue.BASE_ATTRIBUTES if not name.startswith("Approximate")]

    def __getattr__(self, name):
        return getattr(self.queue, name)


def extend():
    # Of each event that a rule sends on, moto parses the same four paths again.
    jsonpath_ng.ext.parse = lru_cache(jsonpath_ng.ext.parse)

    # At each message sent or received moto counts all that are there, to look at an attribute that is no count; and
    # where it is asked for a count, it counts for each attribute again.
    attributes, get_queue_attributes = Queue.attributes.fget, SQSBackend.get_queue_attributes

    def uncounted_or_kept(self):
        kept = getattr(asked, "kept", None)
        if kept is None:
            return attributes(Uncounted(self))
        if self not in kept:
            kept[self] = attributes(self)
        return dict(kept[self])

    def count_once(self, queue_name, attribute_names):
        wants_counts = any(name.startswith(("All", "Approx")) for name in attribute_names)
        asked.kept = {} if wants_counts else None
        try:
            return get_queue_attributes(self, queue_name, attribute_names)
        finally:
            asked.kept = None

    Queue.attributes = property(uncounted_or_kept)
    SQSBackend.get_queue_attributes = count_once
