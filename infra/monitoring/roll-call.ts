/** The roll call's schedule, every five minutes, and what the poller may do for it. */
import { Aws, RemovalPolicy, Stack, Token, Validations } from 'aws-cdk-lib';
import { PolicyStatement, PrincipalWithConditions, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression, ScheduleGroup, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../../functions/poller/contract.ts';
import type { Config } from '../config.ts';
import { SCHEDULE_GROUP_NAME } from '../names.ts';
import type { Alarms } from './alarms.ts';
import { ROLL_CALL_EVERY } from './fleet-alarms.ts';

/** A group of its own: that of the portals holds portals, and whoever lists it finds nothing else. */
export const ROLL_CALL_GROUP_NAME = 'hubspot-events-roll-call';

export interface RollCallProps {
  readonly config: Pick<Config, 'lagAlarmMinutes'>;
  readonly poller: LambdaFunction;
  readonly failedInvocationsQueue: IQueue;
  readonly alarms: Alarms;
}

export class RollCall extends Construct {
  constructor(scope: Construct, id: string, props: RollCallProps) {
    super(scope, id);
    const { config, poller, alarms } = props;
    poller.addEnvironment(ENVIRONMENT.alarmTopicArn, alarms.topic.topicArn);
    alarms.topic.grantPublish(poller);
    this.allowSchedules(poller);
    const group = new ScheduleGroup(this, 'Group', {
      scheduleGroupName: ROLL_CALL_GROUP_NAME,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = this.createRole(group, props);
    const request = {
      rollCall: { scheduleGroup: SCHEDULE_GROUP_NAME, lagAlarmMinutes: config.lagAlarmMinutes },
    };
    const schedule = new Schedule(this, 'Schedule', {
      scheduleName: 'roll-call',
      scheduleGroup: group,
      description: 'Looks how all HubSpot portals stand, and tells of those in trouble',
      schedule: ScheduleExpression.rate(ROLL_CALL_EVERY),
      target: {
        bind: () => ({
          arn: poller.functionArn,
          role,
          input: ScheduleTargetInput.fromText(JSON.stringify(request)),
          // The next one makes up for it.
          retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
          deadLetterConfig: { arn: props.failedInvocationsQueue.queueArn },
        }),
      },
    });
    schedule.node.addDependency(group, role, alarms.composite);
  }

  /** The portals' schedules, to be read and no more. A list is of no one schedule: IAM knows no narrower resource. */
  private allowSchedules(poller: LambdaFunction): void {
    const { account, region } = Stack.of(this);
    const arnIn = (partition: string, where: string, owner: string) =>
      `arn:${partition}:scheduler:${where}:${owner}:schedule/${SCHEDULE_GROUP_NAME}/*`;
    const every = arnIn(Aws.PARTITION, region, account);
    poller.addToRolePolicy(new PolicyStatement({ actions: ['scheduler:GetSchedule'], resources: [every] }));
    poller.addToRolePolicy(new PolicyStatement({ actions: ['scheduler:ListSchedules'], resources: ['*'] }));
    if (poller.role === undefined) return;
    // The checks write what is known at deployment as <AWS::Region>.
    const named = (value: string, name: string) => (Token.isUnresolved(value) ? `<AWS::${name}>` : value);
    const found = arnIn('<AWS::Partition>', named(region, 'Region'), named(account, 'AccountId'));
    const reason = 'The roll call reads the schedules of all portals, also of those added at run time.';
    for (const resource of [found, '*'])
      Validations.of(poller.role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
  }

  private createRole(group: ScheduleGroup, { poller, failedInvocationsQueue }: RollCallProps): Role {
    const role = new Role(this, 'Role', {
      description: 'Lets the roll call invoke the poller',
      assumedBy: new PrincipalWithConditions(new ServicePrincipal('scheduler.amazonaws.com'), {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': group.scheduleGroupArn },
      }),
    });
    const invoke = { actions: ['lambda:InvokeFunction'], resources: [poller.functionArn] };
    role.addToPolicy(new PolicyStatement(invoke));
    const send = { actions: ['sqs:SendMessage'], resources: [failedInvocationsQueue.queueArn] };
    role.addToPolicy(new PolicyStatement(send));
    return role;
  }
}
