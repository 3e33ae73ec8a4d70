/**
 * The alarms, each with its article in RUNBOOK.md, and who tells people.
 *
 *   few portals, of each:  lag, not-running, streams-failing, daily-allowance ──────────┐
 *   many, over all:        roll-call, portals-silent, portals-behind, portals-failing ──┼─▶ each, when it begins ──▶ topic
 *   in any case:           dead-letters, failed-runs (few), throttled, run-time, … ─────┘        │
 *                                                                                                └─▶ HubSpotEvents, the
 *                                                             first that begins, the last that ends ─────────────▶ topic
 */
import { Annotations, Duration } from 'aws-cdk-lib';
import { Alarm, type CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Config, lagAlarmMinutesOf, tickSeconds } from '../config.ts';
import { type AlarmPlan, FAILURE_PERIOD_SECONDS, runbookOf } from './alarm-plan.ts';
import { alarmName, createAlarmTopic, createCompositeAlarms } from './composite-alarm.ts';
import { planFleetAlarms } from './fleet-alarms.ts';
import { explainRaisedLag, planPortalAlarms } from './portal-alarms.ts';
import { planDeadLetters, planFailedRuns, planRunAlarms } from './run-alarms.ts';

export interface AlarmsProps {
  readonly config: Config;
  readonly poller: IFunction;
  readonly deadLetterQueue: IQueue;
  readonly scheduleGroup: IScheduleGroup;
  /** A topic that exists; one is created where not given. */
  readonly topic?: ITopic | undefined;
  /** Whether the alarms are on what the roll call emits, in place of the four of each portal. */
  readonly isFleet: boolean;
}

export class Alarms extends Construct {
  readonly topic: ITopic;
  /** Tells of the first that rings and of the last that ends. */
  readonly composite: CompositeAlarm;
  /** Every alarm that explains it. */
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { config, isFleet } = props;
    this.topic = props.topic ?? createAlarmTopic(this, config.alarmEmail);
    if (!isFleet) this.warnOfRaisedLag(config);
    const ofRuns = { ...props, period: periodOf(config, isFleet) };
    const plans = [
      ...(isFleet
        ? planFleetAlarms()
        : config.portals.flatMap((portal) => planPortalAlarms(portal, config.lagAlarmMinutes))),
      planDeadLetters(props.deadLetterQueue),
      ...(isFleet ? [] : [planFailedRuns(ofRuns)]),
      ...planRunAlarms(ofRuns),
    ];
    this.all = plans.map((plan) => this.add(plan));
    this.composite = createCompositeAlarms(this, this.all, this.topic);
  }

  private warnOfRaisedLag({ portals, lagAlarmMinutes }: Config): void {
    for (const portal of portals) {
      const raised = explainRaisedLag(portal, lagAlarmMinutes);
      if (raised === undefined) continue;
      const minutes = lagAlarmMinutesOf(portal, lagAlarmMinutes);
      const warning = `${raised}: the lag alarm of portal ${portal.name} rings over ${minutes} minutes.`;
      Annotations.of(this).addWarningV2(`HubSpotEvents:lagAlarmMinutes:${portal.name}`, warning);
    }
  }

  /** It tells when it begins: what rings while others do is a second message. That all is well again, one alarm tells. */
  private add({ name, article, isSilent = false, ...props }: AlarmPlan): Alarm {
    const alarm = new Alarm(this, name, {
      ...props,
      alarmName: alarmName(name),
      alarmDescription: `${props.alarmDescription} ${runbookOf(article)}`,
    });
    if (!isSilent) alarm.addAlarmAction(new SnsAction(this.topic));
    return alarm;
  }
}

/** With portals that are added at run time nobody knows the slowest here: they are judged by the roll call. */
function periodOf({ portals }: Config, isFleet: boolean): Duration {
  const ticks = isFleet ? [] : portals.map(tickSeconds);
  return Duration.seconds(Math.max(FAILURE_PERIOD_SECONDS, ...ticks));
}
