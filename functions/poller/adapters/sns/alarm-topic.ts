import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { PollerError } from '../../errors.ts';
import type { Notifier } from '../../ports.ts';
import { endAfter, type RetryPlan, withRetry } from '../retry.ts';

/** The topic that the alarms speak through. */
export function createAlarmTopic(client: SNSClient, topicArn: string, retry: RetryPlan): Notifier {
  return {
    async tell(Subject, Message) {
      const command = new PublishCommand({ TopicArn: topicArn, Subject, Message });
      try {
        await withRetry(retry, (_attempt, timeoutMs) => client.send(command, endAfter(timeoutMs)));
      } catch (thrown) {
        const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
        const text = `Telling the alarm topic of portals in trouble: SNS must accept it, found ${reason}`;
        throw new PollerError('topic-unavailable', text, { cause: thrown });
      }
    },
  };
}
