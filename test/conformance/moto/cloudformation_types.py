"""What moto 5.2.5's CloudFormation does not know: types that moto has, what Ref gives, a change set's outputs."""

from moto.cloudformation.models import ChangeSet
from moto.core.common_models import CloudFormationModel
from moto.events.models import EventBus
from moto.scheduler.models import scheduler_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import Queue

# moto files its models under the second part of their module's name.
__name__ = "moto.cloudformation.types"


class Kept:
    """A resource that is kept by its name; `attributes` is what Fn::GetAtt gives.

    moto knows only the types that inherit from its model themselves: so each does.
    """

    def __init__(self, name, attributes):
        self.physical_resource_id = name
        self.attributes = attributes

    @staticmethod
    def cloudformation_name_type():
        return ""

    @classmethod
    def has_cfn_attr(cls, attr):
        return True

    def get_cfn_attribute(self, attribute):
        return self.attributes[attribute]

    def is_created(self):
        return True


class Secret(Kept, CloudFormationModel):
    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @staticmethod
    def cloudformation_type():
        return "AWS::SecretsManager::Secret"

    @classmethod
    def create_from_cloudformation_json(cls, name, template, account, region, **_):
        properties = template["Properties"]
        store = secretsmanager_backends[account][region]
        store.create_secret(
            name=name,
            secret_string=properties.get("SecretString"),
            secret_binary=None,
            description=properties.get("Description"),
            tags=properties.get("Tags"),
            kms_key_id=properties.get("KmsKeyId"),
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        arn = store.secrets.get(name).arn
        return cls(arn, {"Id": arn})


class ScheduleGroup(Kept, CloudFormationModel):
    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @staticmethod
    def cloudformation_type():
        return "AWS::Scheduler::ScheduleGroup"

    @classmethod
    def create_from_cloudformation_json(cls, name, template, account, region, **_):
        tags = template["Properties"].get("Tags", [])
        group = scheduler_backends[account][region].create_schedule_group(name, tags)
        return cls(name, {"Arn": group.arn})


class Schedule(Kept, CloudFormationModel):
    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @staticmethod
    def cloudformation_type():
        return "AWS::Scheduler::Schedule"

    @classmethod
    def create_from_cloudformation_json(cls, name, template, account, region, **_):
        properties = template["Properties"]
        schedule = scheduler_backends[account][region].create_schedule(
            name=name,
            group_name=properties.get("GroupName"),
            description=properties.get("Description"),
            schedule_expression=properties["ScheduleExpression"],
            schedule_expression_timezone=properties.get("ScheduleExpressionTimezone"),
            flexible_time_window=properties["FlexibleTimeWindow"],
            target=properties["Target"],
            state=properties.get("State"),
            kms_key_arn=properties.get("KmsKeyArn"),
            start_date=properties.get("StartDate"),
            end_date=properties.get("EndDate"),
            action_after_completion=None,
        )
        return cls(name, {"Arn": schedule.arn})


class AlarmName(Kept):
    """By name only, for the dashboard and the composite alarm that refer to it: nothing is ever evaluated."""

    @staticmethod
    def cloudformation_name_type():
        return "AlarmName"

    @classmethod
    def create_from_cloudformation_json(cls, name, template, account, region, **_):
        return cls(name, {"Arn": f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"})


class Alarm(AlarmName, CloudFormationModel):
    @staticmethod
    def cloudformation_type():
        return "AWS::CloudWatch::Alarm"


class CompositeAlarm(AlarmName, CloudFormationModel):
    @staticmethod
    def cloudformation_type():
        return "AWS::CloudWatch::CompositeAlarm"


apply = ChangeSet.apply


def apply_with_outputs(self):
    """moto leaves a stack that a change set created without outputs."""
    apply(self)
    self.stack.template = self.template
    self.stack._parse_template()
    self.stack.output_map = self.stack._create_output_map()


ChangeSet.apply = apply_with_outputs

# Ref gave the object that moto holds.
EventBus.physical_resource_id = property(lambda bus: bus.name)


def serve_queues_at(address):
    """Ref gave the URL of a queue at AWS, where a client would send its messages to."""
    Queue.physical_resource_id = property(lambda queue: f"{address}/{queue.account_id}/{queue.name}")
