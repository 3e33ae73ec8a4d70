/** The stack: a schedule per portal invokes the poller, which publishes to the bus. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { createEventBus } from './bus.ts';
import type { Config } from './config.ts';
import { createDashboard } from './dashboard.ts';
import { PollerFunction } from './poller-function.ts';
import { PortalSchedules } from './portal-schedules.ts';
import { PortalSecret } from './portal-secret.ts';
import { createDeadLetterQueue, createFailedInvocationsQueue, createTable } from './storage.ts';

export const STACK_NAME = 'HubSpotEvents';

export interface HubSpotEventsStackProps {
  readonly config: Config;
  /** The folder with the poller's bundle. */
  readonly bundle: string;
}

export class HubSpotEventsStack extends Stack {
  constructor(scope: Construct, { config, bundle }: HubSpotEventsStackProps) {
    super(scope, STACK_NAME, {
      description: "Polls HubSpot's Events API and republishes every event to Amazon EventBridge",
    });
    const table = createTable(this);
    const eventBus = createEventBus(this, config.archiveDays);
    const deadLetterQueue = createDeadLetterQueue(this);
    const failedInvocationsQueue = createFailedInvocationsQueue(this);
    const secrets = config.portals.map((portal) => new PortalSecret(this, `Portal-${portal.name}`, portal));
    const poller = new PollerFunction(this, 'Poller', {
      code: Code.fromAsset(bundle),
      table,
      eventBus,
      deadLetterQueue,
      failedInvocationsQueue,
      apiUrls: config.portals.map((portal) => portal.apiUrl),
      secretArns: secrets.map((secret) => secret.secretArn),
    });
    const schedules = new PortalSchedules(this, 'Schedules', {
      poller: poller.lambda,
      failedInvocationsQueue,
    });
    const alarms = new Alarms(this, 'Alarms', {
      config,
      poller: poller.lambda,
      deadLetterQueue,
      scheduleGroup: schedules.group,
    });
    for (const portal of config.portals) schedules.add(portal, alarms.ofSchedules);
    const portals = config.portals.map((portal) => portal.name);
    createDashboard(this, { portals, alarms: [alarms.composite, ...alarms.all], deadLetterQueue });

    this.tell('EventBusName', eventBus.eventBusName, 'The bus: give it to your rules');
    this.tell('EventBusArn', eventBus.eventBusArn, 'The ARN of the bus');
    this.tell('FunctionName', poller.lambda.functionName, 'The poller');
    this.tell('LogGroupName', poller.logGroup.logGroupName, "The poller's log");
    this.tell('TableName', table.tableName, 'Checkpoints and ledger');
    this.tell('DeadLetterQueueUrl', deadLetterQueue.queueUrl, 'Events given up on, each with the reason');
    this.tell('FailedInvocationsQueueUrl', failedInvocationsQueue.queueUrl, 'Invocations that failed');
    this.tell('AlarmTopicArn', alarms.topic.topicArn, 'Subscribe to it to hear of alarms');
  }

  private tell(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}
