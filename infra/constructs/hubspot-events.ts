/**
 * The construct: everything between HubSpot and your rules.
 *
 *   schedule of each portal ─▶ poller ─▶ bus ─▶ onEvent(): rules to your targets
 *                                │
 *                                └─▶ table, queues, secrets, alarms, dashboard
 *
 * Its names (bus, schedule group, alarms) are fixed, so that rules and operators find them: one in an account and
 * Region, with any number of portals.
 */
import { Annotations } from 'aws-cdk-lib';
import { type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import { Grant, type IGrantable, type IRole } from 'aws-cdk-lib/aws-iam';
import { Code, type IFunction, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FleetMetricName, MetricName } from '../../functions/poller/contract.ts';
import { describeFound } from '../../functions/poller/input/mistakes.ts';
import type { Config } from '../config.ts';
import { Alarms } from '../monitoring/alarms.ts';
import { createDashboard } from '../monitoring/dashboard.ts';
import { type FleetMetricOptions, fleetMetric } from '../monitoring/fleet-alarms.ts';
import { metricOfChosenPortal, type PortalMetricOptions } from '../monitoring/portal-metrics.ts';
import { RollCall } from '../monitoring/roll-call.ts';
import { createSchemaRegistry } from '../schema/schema-registry.ts';
import { type AnyEventBus, useEventBus } from './bus.ts';
import { EventRules, type OnEventOptions } from './event-rules.ts';
import type { HubSpotEventsProps } from './hubspot-events-props.ts';
import { isFleetOf, isOverMany, metricsOf } from './many-portals.ts';
import { refuseSecond } from './only-one.ts';
import { createOutputs } from './outputs.ts';
import { PollerFunction } from './poller-function.ts';
import { PortalSchedules } from './portal/schedules.ts';
import { PortalSecret } from './portal/secret.ts';
import { prebuiltPoller } from './prebuilt.ts';
import { readProps } from './read-props.ts';
import { createDeadLetterQueue, createFailedInvocationsQueue, createTable } from './storage.ts';

export class HubSpotEvents extends Construct {
  /** The bus that HubSpot's events land on. */
  readonly bus: AnyEventBus;
  readonly poller: IFunction;
  readonly logGroup: ILogGroup;
  /** Checkpoints and ledger. */
  readonly table: Table;
  /** Events given up on, each with the reason. */
  readonly deadLetterQueue: IQueue;
  readonly failedInvocationsQueue: IQueue;
  /** Hears of each alarm when it begins, of the end of all, and of events that a rule could not deliver. */
  readonly alarmTopic: ITopic;
  readonly scheduleGroup: IScheduleGroup;
  /** What the schedules invoke the poller with. */
  readonly scheduleRole: IRole;
  private readonly portals: readonly string[];
  private readonly isFleet: boolean;
  private readonly hasPortalMetrics: boolean;
  private readonly rules: EventRules;

  /** @throws ConfigError that lists every mistake of the configuration */
  constructor(scope: Construct, id: string, props: HubSpotEventsProps) {
    super(scope, id);
    const config = readProps(props);
    refuseSecond(this);
    const isMany = isOverMany(config, props.manyPortals);
    this.isFleet = isFleetOf(config, isMany);
    this.hasPortalMetrics = metricsOf(config, isMany) === 'portal';
    this.portals = config.portals.map(({ name }) => name);
    this.table = createTable(this, props.tableKey);
    this.bus = useEventBus(this, config.archiveDays, props.eventBus);
    this.deadLetterQueue = createDeadLetterQueue(this);
    this.failedInvocationsQueue = createFailedInvocationsQueue(this);
    const secrets = config.portals.map(
      (portal) => new PortalSecret(this, `Portal-${portal.name}`, portal, props.secrets?.[portal.name]),
    );
    const poller = new PollerFunction(this, 'Poller', {
      code: Code.fromAsset(props.bundle ?? prebuiltPoller()),
      table: this.table,
      eventBus: this.bus,
      deadLetterQueue: this.deadLetterQueue,
      failedInvocationsQueue: this.failedInvocationsQueue,
      apiUrls: config.portals.map((portal) => portal.apiUrl),
      secrets,
      // One portal has nobody to be kept from; portals added at run time count as many.
      isolatesPortals: isMany || config.portals.length > 1,
      maxConcurrency: config.maxConcurrency,
      putEventsMaxBytes: config.putEventsMaxBytes,
      metrics: metricsOf(config, isMany),
      tableKey: props.tableKey,
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      securityGroups: props.securityGroups,
    });
    this.poller = poller.lambda;
    this.logGroup = poller.logGroup;
    const schedules = new PortalSchedules(this, 'Schedules', {
      poller: this.poller,
      failedInvocationsQueue: this.failedInvocationsQueue,
      isSpread: isMany,
    });
    this.scheduleGroup = schedules.group;
    this.scheduleRole = schedules.role;
    const alarms = this.watch(config, poller.lambda, props.alarmTopic);
    this.alarmTopic = alarms.topic;
    config.portals.forEach((portal, index) => {
      // The composite comes after all that it gathers: naming each would fill the template.
      schedules.add(portal, secrets[index]?.secretId, alarms.composite);
    });
    this.rules = new EventRules(this, 'Rules', { eventBus: this.bus, alarmTopic: this.alarmTopic });
    if (props.schemaRegistry === true) createSchemaRegistry(this);
    createOutputs(this, config.lagAlarmMinutes);
  }

  /** Alarms and dashboard, and with many portals the roll call that they are on. */
  private watch(config: Config, poller: LambdaFunction, topic: ITopic | undefined): Alarms {
    const { deadLetterQueue, failedInvocationsQueue, scheduleGroup, logGroup, portals, isFleet } = this;
    const alarms = new Alarms(this, 'Alarms', {
      config,
      poller,
      deadLetterQueue,
      scheduleGroup,
      topic,
      isFleet,
    });
    if (isFleet) new RollCall(this, 'RollCall', { config, poller, failedInvocationsQueue, alarms });
    createDashboard(this, {
      portals,
      alarms: [alarms.composite, ...alarms.all],
      poller,
      logGroup,
      deadLetterQueue,
      failedInvocationsQueue,
      isFleet,
    });
    return alarms;
  }

  /**
   * A rule that sends events of these types to a target: tried for a day, then kept in the queue of undelivered
   * events, with an alarm; a target that brings its own retry policy or queue keeps them.
   */
  onEvent(eventType: string | readonly string[], target: IRuleTarget, options: OnEventOptions = {}): Rule {
    if (options.portal !== undefined && !this.portals.includes(options.portal)) {
      const found = describeFound([], options.portal);
      const warning = `A rule waits for events of a portal that must be one of ${this.portals.join(', ')}; found ${found}.`;
      Annotations.of(this).addWarningV2(`HubSpotEvents:rulePortal:${found}`, warning);
    }
    return this.rules.add(typeof eventType === 'string' ? [eventType] : eventType, target, options);
  }

  /**
   * Lets a principal ask for backfills, by invoking the poller with `{"portal", "secretId", "backfill"}`. It may then
   * ask for anything of any portal, but not send a token or an event elsewhere.
   */
  grantBackfill(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [this.poller.functionArn],
    });
  }

  /** Now − the instant up to which everything is on the bus: the one figure that says whether all is well. */
  lagMetric(options?: PortalMetricOptions): Metric {
    return this.metric('LagSeconds', options);
  }

  eventsPublishedMetric(options?: PortalMetricOptions): Metric {
    return this.metric('EventsPublished', options);
  }

  eventsReadMetric(options?: PortalMetricOptions): Metric {
    return this.metric('EventsRead', options);
  }

  /** Events read again and not published again. */
  duplicatesSuppressedMetric(options?: PortalMetricOptions): Metric {
    return this.metric('DuplicatesSuppressed', options);
  }

  /** Events that HubSpot showed after the watermark had passed them. */
  lateEventsMetric(options?: PortalMetricOptions): Metric {
    return this.metric('LateEvents', options);
  }

  eventsDeadLetteredMetric(options?: PortalMetricOptions): Metric {
    return this.metric('EventsDeadLettered', options);
  }

  /** How old events were when published; the 99th of a hundred where no statistic is given. */
  eventAgeMetric(options?: PortalMetricOptions): Metric {
    return this.metric('EventAgeSeconds', options);
  }

  /** Streams whose last poll failed, or that HubSpot refuses. */
  streamsFailingMetric(options?: PortalMetricOptions): Metric {
    return this.metric('StreamsFailing', options);
  }

  hubSpotRequestsMetric(options?: PortalMetricOptions): Metric {
    return this.metric('HubSpotRequests', options);
  }

  hubSpotThrottledMetric(options?: PortalMetricOptions): Metric {
    return this.metric('HubSpotThrottled', options);
  }

  publishRetriesMetric(options?: PortalMetricOptions): Metric {
    return this.metric('PublishRetries', options);
  }

  /** What is left of the account's requests of the day. */
  hubSpotDailyRemainingMetric(options?: PortalMetricOptions): Metric {
    return this.metric('HubSpotDailyRemaining', options);
  }

  runSecondsMetric(options?: PortalMetricOptions): Metric {
    return this.metric('RunSeconds', options);
  }

  /**
   * A figure of all portals together, every five minutes, as the roll call emits it.
   * @throws where there is no roll call: with few portals that have metrics of their own
   */
  fleetMetric(name: FleetMetricName, options: FleetMetricOptions = {}): Metric {
    if (this.isFleet) return fleetMetric(name, { statistic: Stats.MAXIMUM, ...options });
    throw new Error(
      `Making metric ${name}: the portals must be many, or metrics be "fleet"; found few with metrics of their own`,
    );
  }

  private metric(name: MetricName, options: PortalMetricOptions = {}): Metric {
    if (this.hasPortalMetrics) return metricOfChosenPortal(name, this.portals, options);
    throw new Error(
      `Making metric ${name}: metrics must be "portal", so that portals have their own; found "fleet": see fleetMetric`,
    );
  }
}
