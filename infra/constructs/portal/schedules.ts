/** The schedules that invoke the poller: one per portal, in a group and with a role of their own. */
import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, PrincipalWithConditions, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  type IScheduleTarget,
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IDependable } from 'constructs';
import { type PortalConfig, requestText, tickSeconds } from '../../config.ts';
import { SCHEDULE_GROUP_NAME } from '../../names.ts';
import { SPREAD } from '../many-portals.ts';

/** The shortest age Scheduler allows; an older tick is behind the next one. */
const TICK_MAX_AGE_SECONDS = 60;

export interface PortalSchedulesProps {
  readonly poller: IFunction;
  readonly failedInvocationsQueue: IQueue;
  /** Whether ticks come some time within a minute, in place of all at its start. */
  readonly isSpread: boolean;
}

export class PortalSchedules extends Construct {
  readonly group: ScheduleGroup;
  private readonly props: PortalSchedulesProps;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: PortalSchedulesProps) {
    super(scope, id);
    this.props = props;
    this.group = new ScheduleGroup(this, 'Group', {
      scheduleGroupName: SCHEDULE_GROUP_NAME,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = this.createRole();
  }

  /** Adds a portal's schedule, which is created after the alarm that notices when it does not do its work. */
  add(portal: PortalConfig, secretId: string | undefined, alarm: IDependable): Schedule {
    const schedule = new Schedule(this, portal.name, {
      scheduleName: portal.name,
      scheduleGroup: this.group,
      description: `Polls HubSpot portal ${portal.name}`,
      schedule: ScheduleExpression.rate(Duration.seconds(tickSeconds(portal))),
      timeWindow: this.props.isSpread ? TimeWindow.flexible(SPREAD) : TimeWindow.off(),
      target: this.targetFor(requestText(portal, secretId)),
    });
    schedule.node.addDependency(this.group, this.role, alarm);
    return schedule;
  }

  /**
   * Scheduler invokes asynchronously: its retries and its queue are for an Invoke call that fails, and the
   * next tick makes up for that. Its own defaults, 185 attempts in 24 hours, are wrong for a poller. (The
   * library's LambdaInvoke would also grant every version and alias of the function.)
   */
  private targetFor(request: string): IScheduleTarget {
    const { poller, failedInvocationsQueue } = this.props;
    return {
      bind: () => ({
        arn: poller.functionArn,
        role: this.role,
        input: ScheduleTargetInput.fromText(request),
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: TICK_MAX_AGE_SECONDS },
        deadLetterConfig: { arn: failedInvocationsQueue.queueArn },
      }),
    };
  }

  private createRole(): Role {
    const { poller, failedInvocationsQueue } = this.props;
    const role = new Role(this, 'Role', {
      description: 'Lets the schedules invoke the poller',
      // Only for this group's schedules: no other schedule can borrow the role.
      assumedBy: new PrincipalWithConditions(new ServicePrincipal('scheduler.amazonaws.com'), {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': this.group.scheduleGroupArn },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [poller.functionArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [failedInvocationsQueue.queueArn] }),
    );
    return role;
  }
}
