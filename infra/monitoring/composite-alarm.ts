/** The alarm over all others, and the topic that they speak through. */
import { Aws } from 'aws-cdk-lib';
import { type Alarm, AlarmRule, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { runbookOf } from './alarm-plan.ts';

/**
 * A rule may name 100 alarms and have 10,240 characters (CloudWatch quotas, 2026-11): so many with the longest
 * names, since the rule has the alarms' names and not their ARNs.
 */
const ALARMS_OF_A_RULE = 100;

/** A piece of a rule, and what must be there before it. */
interface Term {
  readonly rule: string;
  readonly alarm: Construct;
}

/**
 * `HubSpotEvents`: one message when the first alarm rings, one when the last is quiet. Where there are more alarms than
 * one rule can name, others gather them, and do not act.
 */
export function createCompositeAlarms(
  scope: Construct,
  alarms: readonly Alarm[],
  topic: ITopic,
): CompositeAlarm {
  if (alarms.length <= ALARMS_OF_A_RULE) return createActing(scope, alarms.map(termOf), topic);
  const count = Math.ceil(alarms.length / ALARMS_OF_A_RULE);
  const parts = Array.from({ length: count }, (_, index) => {
    const from = index * ALARMS_OF_A_RULE;
    const meaning = `Part ${index + 1} of the alarms that HubSpotEvents gathers. Look at those of it that ring.`;
    const terms = alarms.slice(from, from + ALARMS_OF_A_RULE).map(termOf);
    return createComposite(scope, `part-${index + 1}`, terms, meaning);
  });
  return createActing(scope, parts.map(termOf), topic);
}

function termOf(alarm: Construct): Term {
  return { rule: `ALARM("${nameOf(alarm)}")`, alarm };
}

function createActing(scope: Construct, terms: readonly Term[], topic: ITopic): CompositeAlarm {
  const meaning =
    'At least one alarm of the stack rings: each has said so itself, what is wrong, and its article. This one tells of the first that begins and of the last that ends.';
  const alarm = createComposite(scope, 'composite', terms, meaning);
  const action = new SnsAction(topic);
  alarm.addAlarmAction(action);
  alarm.addOkAction(action);
  return alarm;
}

function createComposite(
  scope: Construct,
  id: string,
  terms: readonly Term[],
  meaning: string,
): CompositeAlarm {
  const alarm = new CompositeAlarm(scope, id, {
    compositeAlarmName: alarmName(id),
    alarmRule: AlarmRule.fromString(terms.map(({ rule }) => rule).join(' OR ')),
    alarmDescription: `${meaning} ${runbookOf('an-alarm-rings')}`,
  });
  // The rule names them, so that CloudFormation does not see that they have to be there first.
  alarm.node.addDependency(...terms.map((term) => term.alarm));
  return alarm;
}

function nameOf({ node }: Construct): string {
  return alarmName(node.id);
}

/** The name of the alarm with this id: the composite is the stack's, and has its name. */
export function alarmName(id: string): string {
  return id === 'composite' ? 'HubSpotEvents' : `HubSpotEvents-${id}`;
}

/** The topic that people subscribe to; with `alarmEmail` one is subscribed already, once it confirms the mail. */
export function createAlarmTopic(scope: Construct, alarmEmail: string | null): Topic {
  const topic = new Topic(scope, 'Topic', { displayName: 'HubSpot Events alarms', enforceSSL: true });
  // A topic with a policy of its own loses the default one, by which CloudWatch may publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  );
  if (alarmEmail !== null) topic.addSubscription(new EmailSubscription(alarmEmail));
  return topic;
}
