"""What moto's IAM must be told to hold a request against a policy that names its resource.

moto 5.2.5 compares a policy's Resource with "*" but for SQS, S3 and STS. Here it learns which resource a request names,
the tags of a session, what `?` and ${aws:PrincipalTag/...} stand for, that a role stands for its sessions, and to refuse
in JSON whoever asked in JSON. Which requests are checked, and what an allowed action is, stay moto's.
"""

import json
import re
import threading

from moto.awslambda.responses import LambdaResponse
from moto.core.exceptions import JsonRESTError
from moto.dynamodb.responses import DynamoHandler
from moto.events.responses import EventsHandler
from moto.iam.access_control import IAMPolicyStatement, IAMRequest
from moto.scheduler.responses import EventBridgeSchedulerResponse
from moto.secretsmanager.models import secretsmanager_backends
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.sns.responses import SNSResponse
from moto.sts.models import sts_backends
from moto.sts.responses import TokenResponse

# Where the API's name of an action is not IAM's.
IAM_NAMES = {"lambda:Invoke": "lambda:InvokeFunction"}
principal = threading.local()


def arn(response, service, rest):
    return f"arn:aws:{service}:{response.region}:{response.current_account}:{rest}"


def named_table(response):
    asked = json.loads(response.raw_body)
    names = [asked["TableName"]] if "TableName" in asked else list(asked.get("RequestItems", {}))
    return arn(response, "dynamodb", f"table/{names[0]}") if names else "*"


def named_bus(response):
    asked = json.loads(response.raw_body)
    entry = asked.get("Entries", [{}])[0]
    bus = asked.get("EventBusName") or asked.get("Name") or entry.get("EventBusName") or "default"
    return bus if bus.startswith("arn:") else arn(response, "events", f"event-bus/{bus}")


def named_secret(response):
    secret_id = json.loads(response.raw_body).get("SecretId", "")
    secret = secretsmanager_backends[response.current_account][response.region].secrets.get(secret_id)
    return secret.arn if secret else "*"


def named_function(response):
    found = re.search(r"/functions/([^/]+)", response.path)
    return arn(response, "lambda", f"function:{found.group(1)}") if found else "*"


def named_topic(response):
    return response.querystring.get("TopicArn", ["*"])[0]


def named_schedule(response):
    found = re.search(r"/schedules/([^/?]+)", response.path)
    group = response.querystring.get("groupName", ["default"])[0]
    return arn(response, "scheduler", f"schedule/{group}/{found.group(1)}") if found else "*"


def matches(pattern, value):
    """A policy's Action or Resource: * and ? are wildcards, and the principal's tags are put in."""
    for name, tag in getattr(principal, "tags", {}).items():
        pattern = pattern.replace("${aws:PrincipalTag/%s}" % name, tag)
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value)


def tags_asked_for(response):
    """The Tags.member.N.Key and .Value of an AssumeRole request."""
    form, tags, count = response.querystring, {}, 1
    while f"Tags.member.{count}.Key" in form:
        tags[form[f"Tags.member.{count}.Key"][0]] = form[f"Tags.member.{count}.Value"][0]
        count += 1
    return tags


def extend(decisions_file):
    """Extends moto. Each decision becomes a line of the file: who, action, resource, whether it was allowed."""
    DynamoHandler._determine_resource = named_table
    EventsHandler._determine_resource = named_bus
    SecretsManagerResponse._determine_resource = named_secret
    LambdaResponse._determine_resource = named_function
    SNSResponse._determine_resource = named_topic
    EventBridgeSchedulerResponse._determine_resource = named_schedule
    IAMPolicyStatement._match = staticmethod(matches)

    check_principal = IAMPolicyStatement._check_principal

    def check_role_or_session(self, asking):
        role = re.sub(r":sts::(\d+):assumed-role/([^/]+)/.*", r":iam::\1:role/\2", asking)
        return check_principal(self, role) or check_principal(self, asking)

    IAMPolicyStatement._check_principal = check_role_or_session

    assume_role = TokenResponse.assume_role

    def assume_tagged_role(self):
        answer = assume_role(self)
        sts_backends[self.current_account][self.partition].assumed_roles[-1].tags = tags_asked_for(self)
        return answer

    TokenResponse.assume_role = assume_tagged_role

    refuse = IAMRequest._raise_access_denied

    def refuse_in_json(self):
        if self._service in ("iam", "sns", "sts"):
            refuse(self)
        message = f"User: {self._access_key.arn} is not authorized to perform: {self._action}"
        raise JsonRESTError("AccessDeniedException", message)

    IAMRequest._raise_access_denied = refuse_in_json

    check = IAMRequest.check_action_permitted

    def check_and_note(self, resource):
        sessions = sts_backends[self.account_id]["aws"].assumed_roles
        key = self._access_key._access_key_id
        session = next((each for each in sessions if each.access_key_id == key), None)
        principal.tags = getattr(session, "tags", {})
        self._action = IAM_NAMES.get(self._action, self._action)
        actions = [self._action]
        # A session with tags is two permissions, of which moto asks for one.
        if self._action == "sts:AssumeRole" and "Tags.member.1.Key" in self._data:
            actions.append("sts:TagSession")
        for action in actions:
            who = self._access_key.arn
            decision = {"principal": who, "action": action, "resource": resource, "allowed": False}
            self._action = action
            try:
                check(self, resource)
                decision["allowed"] = True
            finally:
                with open(decisions_file, "a", encoding="utf-8") as file:
                    file.write(json.dumps(decision) + "\n")

    IAMRequest.check_action_permitted = check_and_note
