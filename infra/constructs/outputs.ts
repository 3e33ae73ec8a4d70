/** What a user and the command line need next, as outputs of the stack that the construct is part of. */
import { Aws, CfnOutput } from 'aws-cdk-lib';
import type { HubSpotEvents } from './hubspot-events.ts';
import { commandLine } from './prebuilt.ts';

/** The outputs. Their names are the same wherever the construct stands: the command line looks for them. */
export function createOutputs(events: HubSpotEvents, lagAlarmMinutes: number): void {
  const tell = (name: string, value: string, description: string) =>
    new CfnOutput(events, name, { value, description }).overrideLogicalId(name);
  tell('EventBusName', events.bus.eventBusName, 'The bus: give it to your rules');
  tell('EventBusArn', events.bus.eventBusArn, 'The ARN of the bus');
  tell('FunctionName', events.poller.functionName, 'The poller');
  tell('LogGroupName', events.logGroup.logGroupName, "The poller's log");
  tell('TableName', events.table.tableName, 'Checkpoints and ledger');
  tell('DeadLetterQueueUrl', events.deadLetterQueue.queueUrl, 'Events given up on, each with the reason');
  tell('FailedInvocationsQueueUrl', events.failedInvocationsQueue.queueUrl, 'Invocations that failed');
  tell('AlarmTopicArn', events.alarmTopic.topicArn, 'Subscribe to it to hear of alarms');
  tell('LagAlarmMinutes', `${lagAlarmMinutes}`, 'The minutes of lag over which a portal is behind');
  // One for all portals: a stack may have 200 outputs.
  tell(
    'WriteToken',
    `${commandLine()} --stack ${Aws.STACK_NAME} --portal PORTAL token set`,
    'The command that asks for the HubSpot access token of a portal, checks it and writes it into its secret',
  );
}
