/**
 * Rules on the bus in one line: which events, where to, and what becomes of those that can't be delivered.
 *
 *   bus ─▶ rule: source, detail-type, detail ─▶ target
 *                                               └─▶ not delivered in a day: queue, with an alarm
 */
import { Aws, Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import {
  type EventPattern,
  type IRuleTarget,
  Match,
  Rule,
  type RuleTargetConfig,
} from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { EVENT_SOURCE, PASS_KINDS, type PassKind } from '../../functions/poller/contract.ts';
import { describeFound, describeKey } from '../../functions/poller/input/mistakes.ts';
import { eventTypeSchema } from '../../functions/poller/input/request.ts';
import { runbookOf } from '../monitoring/alarm-plan.ts';
import { alarmName } from '../monitoring/composite-alarm.ts';
import type { AnyEventBus } from './bus.ts';
import { createEndQueue } from './storage.ts';

/** A value, several of which one must hold, or conditions of EventBridge's pattern language (`Match.prefix(…)`). */
export type PropertyCondition = string | readonly unknown[];

export interface OnEventOptions {
  /** `CONTACT`, `COMPANY`, …, in any case, or the id of an object type. @default any */
  readonly objectType?: string;
  /** What the event's properties must be: `{ hs_url_path: '/pricing' }`. @default anything */
  readonly properties?: Readonly<Record<string, PropertyCondition>>;
  /** Only events of this portal. @default all portals */
  readonly portal?: string;
  /** Which readings' events: without `backfill`, a consumer sees no past that somebody asked for. @default all */
  readonly passes?: readonly PassKind[];
  /** The rule's id in the construct tree. @default the first event type */
  readonly id?: string;
}

/** As long as EventBridge itself tries, at most (quotas, 2026-11); said, so that it is in the template. */
const RETRY_POLICY = { maximumRetryAttempts: 185, maximumEventAgeInSeconds: Duration.days(1).toSeconds() };

/** EventBridge's limit of a detail-type: a longer event type stands there shortened. */
const DETAIL_TYPE_CHARACTERS = 128;

/** The pattern of a rule on these event types. */
export function eventPattern(eventTypes: readonly string[], options: OnEventOptions = {}): EventPattern {
  const { objectType, properties, portal, passes } = options;
  const isLong = eventTypes.some((eventType) => eventType.length > DETAIL_TYPE_CHARACTERS);
  const metadata = {
    ...(portal === undefined ? {} : { portal: [portal] }),
    ...(passes === undefined ? {} : { pass: [...passes] }),
  };
  const detail = {
    ...(isLong ? { eventType: [...eventTypes] } : {}),
    ...(objectType === undefined ? {} : { objectType: Match.equalsIgnoreCase(objectType) }),
    ...(properties === undefined || Object.keys(properties).length === 0
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(toConditions)) }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
  return {
    source: [EVENT_SOURCE],
    ...(isLong ? {} : { detailType: [...eventTypes] }),
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
}

function toConditions([name, condition]: [string, PropertyCondition]): [string, unknown] {
  // Match gives a token in the shape of a list, which must stay the list it is.
  return [name, typeof condition === 'string' ? [condition] : condition];
}

export interface EventRulesProps {
  readonly eventBus: AnyEventBus;
  readonly alarmTopic: ITopic;
}

/** The rules of a stack, and the one queue for what they could not deliver. */
export class EventRules extends Construct {
  private readonly props: EventRulesProps;
  private queue: Queue | undefined;

  constructor(scope: Construct, id: string, props: EventRulesProps) {
    super(scope, id);
    this.props = props;
  }

  /** The queue of undelivered events: there is one from the first rule on. */
  get undelivered(): Queue | undefined {
    return this.queue;
  }

  add(eventTypes: readonly string[], target: IRuleTarget, options: OnEventOptions = {}): Rule {
    checkRule(eventTypes, options);
    const rule = new Rule(this, options.id ?? this.freeId(String(eventTypes[0])), {
      eventBus: this.props.eventBus,
      description: `HubSpot's ${eventTypes.join(', ')}`.slice(0, 512),
      eventPattern: eventPattern(eventTypes, options),
    });
    const queue = this.undeliveredQueue();
    rule.addTarget({ bind: (bound, id) => withDeadLetters(target.bind(bound, id), queue) });
    return rule;
  }

  /** The first rule on a type bears its name, so that a new rule on another changes no old one. */
  private freeId(name: string): string {
    for (let number = 1; ; number += 1) {
      const id = number === 1 ? name : `${name}-${number}`;
      if (this.node.tryFindChild(id) === undefined) return id;
    }
  }

  private undeliveredQueue(): Queue {
    if (this.queue !== undefined) return this.queue;
    this.queue = createEndQueue(this, 'UndeliveredQueue');
    // One statement for every rule: a queue's policy may hold twenty (SQS quotas, 2026-11).
    this.queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [this.queue.queueArn],
        conditions: {
          ArnLike: {
            'aws:SourceArn': `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:rule/*`,
          },
        },
      }),
    );
    const alarm = new Alarm(this, 'undelivered', {
      alarmName: alarmName('undelivered'),
      metric: this.queue.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: Stats.MAXIMUM,
      }),
      // One is enough: EventBridge has tried for a day, or the target refused for good.
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: `EventBridge could not deliver events to the target of a rule, and gave up. They wait in the queue of undelivered events for 14 days, each with the rule and the reason in its attributes. ${runbookOf('undelivered')}`,
    });
    // Not a part of the composite: the poller is well, a consumer is not.
    alarm.addAlarmAction(new SnsAction(this.props.alarmTopic));
    alarm.addOkAction(new SnsAction(this.props.alarmTopic));
    return this.queue;
  }
}

const OPTIONS = {
  objectType: true,
  properties: true,
  portal: true,
  passes: true,
  id: true,
} as const satisfies Record<keyof OnEventOptions, true>;

/** @throws where a rule would match nothing, or, by an option that is not there, more than was meant */
function checkRule(eventTypes: readonly string[], options: OnEventOptions): void {
  if (eventTypes.length === 0) throw new Error('Adding a rule: it must name an event type; found none');
  for (const eventType of eventTypes) {
    const mistake = eventTypeSchema.safeParse(eventType).error?.issues[0]?.message;
    if (mistake === undefined) continue;
    throw new Error(`Adding a rule: each event type ${mistake}; found ${describeFound([], eventType)}`);
  }
  const kinds: readonly string[] = PASS_KINDS;
  for (const pass of options.passes ?? []) {
    if (kinds.includes(pass)) continue;
    throw new Error(
      `Adding a rule: a pass must be one of ${kinds.join(', ')}; found ${describeFound([], pass)}`,
    );
  }
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown.length === 0) return;
  const known = Object.keys(OPTIONS).join(', ');
  throw new Error(
    `Adding a rule: an option must be one of ${known}; found ${unknown.map((n) => describeKey([n])).join(', ')}`,
  );
}

/** The target's own retry policy and queue, where it brings them. */
function withDeadLetters(config: RuleTargetConfig, queue: Queue): RuleTargetConfig {
  return {
    ...config,
    retryPolicy: config.retryPolicy ?? RETRY_POLICY,
    deadLetterConfig: config.deadLetterConfig ?? { arn: queue.queueArn },
  };
}
