"""HubSpot's own client for Python: does what the JSON on standard input asks for, and writes JSON."""

import json
import sys
from urllib.parse import unquote

import hubspot
from hubspot.events.exceptions import ApiException
from hubspot.oauth import ApiException as OAuthException
from urllib3.util.retry import Retry


def client_of(asked, **options):
    return hubspot.Client.create(access_token=asked["token"], host=asked["url"], **options)


def read_all(asked):
    """The query's events page after page, the cursor decoded once: answers hold it percent-encoded."""
    api = client_of(asked).events.events_api
    query, ids = dict(asked["query"]), []
    first = None
    while True:
        page = api.get_page(**query)
        first = first or page.results[0].to_dict()
        ids += [event.id for event in page.results]
        if page.paging is None:
            return {"ids": ids, "first": first}
        query["after"] = unquote(page.paging.next.after)


def event_types(asked):
    return {"types": client_of(asked).events.events_api.get_types().event_types}


def retry(asked):
    """Two requests, of which the client itself sends the refused one again."""
    policy = Retry(total=3, status_forcelist=(429,), allowed_methods=["GET"])
    api = client_of(asked, retry=policy).events.events_api
    return {"counts": [len(api.get_page(**asked["query"]).results) for _ in range(2)]}


def refresh(asked):
    api = client_of(asked).oauth.tokens_api
    try:
        answer = api.create(grant_type="refresh_token", **asked["query"])
    except OAuthException as error:
        return {"status": error.status, "body": json.loads(error.body)}
    return {"token": answer.access_token, "expiresIn": answer.expires_in}


DEEDS = {"read": read_all, "types": event_types, "retry": retry, "refresh": refresh}

asked = json.load(sys.stdin)
try:
    answer = DEEDS[asked["deed"]](asked)
except ApiException as error:
    answer = {"status": error.status, "kind": type(error).__name__, "body": json.loads(error.body)}
json.dump(answer, sys.stdout, default=str)
