import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Match as Assert, Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../../functions/poller/contract.ts';
import { bundleFunction } from '../../infra/build/bundle.ts';
import { ConfigError } from '../../infra/config.ts';
import type { OnEventOptions } from '../../infra/constructs/event-rules.ts';
import { HubSpotEvents } from '../../infra/constructs/hubspot-events.ts';
import type { HubSpotEventsProps } from '../../infra/constructs/hubspot-events-props.ts';
import { onlyResource, resourcesOf, STAND_IN_ENTRY } from '../infra/synthesized.ts';

type Given = Partial<HubSpotEventsProps>;

/** A stack with the construct in it, and its template as it is when asked for. */
function construct(make: (stack: Stack) => Given = () => ({})) {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Mine', { env: { account: '123456789012', region: 'eu-west-1' } });
  const bundle = bundleFunction(STAND_IN_ENTRY);
  const events = new HubSpotEvents(stack, 'HubSpot', { portals: { main: {} }, bundle, ...make(stack) });
  return { stack, events, template: () => Template.fromStack(stack) };
}

function vpcOf(stack: Stack) {
  const privateSubnetIds = ['subnet-1'];
  return Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds });
}

const policyText = (template: Template) => JSON.stringify(template.findResources('AWS::IAM::Policy'));

describe('HubSpotEvents', () => {
  test('refuses a configuration as the stack does, every mistake at once', () => {
    const make = () => construct(() => ({ portals: { main: { pageSize: 0 } }, lagAlarmMinutes: 0 }));
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(/portals\.main\.pageSize: [\s\S]*lagAlarmMinutes: /);
  });

  test('refuses to be made without props, and a second time in a stack', () => {
    const { stack } = construct();
    const withoutProps = Reflect.construct.bind(undefined, HubSpotEvents, [stack, 'Other']);
    expect(withoutProps).toThrow(/The props of HubSpotEvents[\s\S]*portals: must be set/);
    const bundle = bundleFunction(STAND_IN_ENTRY);
    expect(() => new HubSpotEvents(stack, 'Second', { portals: { shop: {} }, bundle })).toThrow(
      /there must be one in an account and Region, with any number of portals; found Mine\/HubSpot/,
    );
  });

  test('uses a bus that exists, and archives it when asked', () => {
    const { events, template } = construct((stack) => ({
      eventBus: EventBus.fromEventBusName(stack, 'Bus', 'company-bus'),
      archiveDays: 7,
    }));
    const text = template();
    text.resourceCountIs('AWS::Events::EventBus', 0);
    text.hasResourceProperties('AWS::Events::Archive', { RetentionDays: 7 });
    text.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { EVENT_BUS_NAME: 'company-bus' } },
    });
    expect(policyText(text)).toContain(':event-bus/company-bus');
    expect(events.bus.eventBusName).toBe('company-bus');
  });

  test('encrypts the table with a key that is given, and may use it', () => {
    const { template } = construct((stack) => ({ tableKey: new Key(stack, 'Key') }));
    template().hasResourceProperties('AWS::DynamoDB::Table', { SSESpecification: { SSEType: 'KMS' } });
    expect(policyText(template())).toContain('kms:Decrypt');
  });

  test('reads a secret that is given, in the request and in the permissions', () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:mine-AbCdEf';
    const { template } = construct((stack) => ({
      secrets: { main: Secret.fromSecretCompleteArn(stack, 'Mine', arn) },
    }));
    template().resourceCountIs('AWS::SecretsManager::Secret', 0);
    const { Target } = onlyResource(template(), 'AWS::Scheduler::Schedule').properties;
    expect(JSON.stringify(Target)).toContain(`\\"secretId\\":\\"${arn}\\"`);
    expect(policyText(template())).toContain(arn);
  });

  describe.each([
    ['one portal', {}],
    ['several portals', { other: {} }],
  ])('of %s', (_what, others) => {
    const BASE = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:';
    const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
    const readOf = (make: (stack: Stack) => ISecret) => {
      const { template } = construct((stack) => ({
        portals: { main: {}, ...others },
        secrets: { main: make(stack) },
      }));
      const main = resourcesOf(template(), 'AWS::Scheduler::Schedule').find(
        ({ properties }) => properties['Name'] === 'main',
      );
      return { policies: policyText(template()), target: JSON.stringify(main?.properties['Target']) };
    };

    test('a secret known by its name is granted with the characters that nobody knows', () => {
      const read = readOf((stack) => Secret.fromSecretNameV2(stack, 'Mine', 'my/secret'));
      expect(read.policies).toMatch(/:secretsmanager:eu-west-1:123456789012:secret:my\/secret-\?{6}"/);
      expect(read.target).toContain('\\"secretId\\":\\"my/secret\\"');
    });

    test('a secret known by a partial ARN is granted so, too', () => {
      const arn = `${BASE}my/secret`;
      const read = readOf((stack) => Secret.fromSecretPartialArn(stack, 'Mine', arn));
      expect(read.policies).toContain(`"${arn}-??????"`);
      expect(read.target).toContain(`\\"secretId\\":\\"${arn}\\"`);
    });

    test('a secret known by its complete ARN is granted as it is, and its key through Secrets Manager', () => {
      const secretCompleteArn = `${BASE}my/secret-AbCdEf`;
      const read = readOf((stack) =>
        Secret.fromSecretAttributes(stack, 'Mine', {
          secretCompleteArn,
          encryptionKey: Key.fromKeyArn(stack, 'Key', KEY),
        }),
      );
      expect(read.policies).toContain(`"${secretCompleteArn}"`);
      expect(read.policies).toContain(
        `{"Action":"kms:Decrypt","Condition":{"StringEquals":{"kms:ViaService":"secretsmanager.eu-west-1.amazonaws.com"}},"Effect":"Allow","Resource":"${KEY}"}`,
      );
    });
  });

  test('refuses props that are not there, and what is no portal among secrets', () => {
    // What JavaScript passes on, having no compiler.
    const misspelt: Given = JSON.parse('{"manyPortal":true,"portals":{"main":{"pollMinutes":1}}}');
    expect(() => construct(() => misspelt)).toThrow(
      'The props of HubSpotEvents cannot be used:\n  - portals.main.pollMinutes: is no known key\n  - manyPortal: is no known key',
    );
    expect(() =>
      construct((stack) => ({ secrets: { mian: Secret.fromSecretNameV2(stack, 'S', 's') } })),
    ).toThrow(/secrets\.mian: must have the name of a portal/);
    expect(() =>
      construct((stack) => ({ alarmEmail: 'ops@example.com', alarmTopic: new Topic(stack, 'Mine') })),
    ).toThrow(/alarmEmail: must be null where alarmTopic is given/);
    const untyped: Given = JSON.parse('{"manyPortals":"yes","schemaRegistry":1}');
    expect(() => construct(() => untyped)).toThrow(/schemaRegistry: must be true or false\n.*manyPortals: /);
  });

  test('takes every key of the configuration that cdk.json shows', () => {
    const text = readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8');
    expect(() => construct(() => JSON.parse(text).context.hubspotEvents)).not.toThrow();
  });

  test('tells its alarms to a topic that is given', () => {
    const { template } = construct((stack) => ({ alarmTopic: new Topic(stack, 'Pager') }));
    const topic = onlyResource(template(), 'AWS::SNS::Topic').id;
    template().hasResourceProperties('AWS::CloudWatch::CompositeAlarm', { AlarmActions: [{ Ref: topic }] });
  });

  test('runs in a VPC that is given, with what Lambda needs to get there', () => {
    const { template } = construct((stack) => ({ vpc: vpcOf(stack) }));
    template().hasResourceProperties('AWS::Lambda::Function', {
      VpcConfig: { SubnetIds: Assert.anyValue(), SecurityGroupIds: Assert.anyValue() },
    });
    const granted = policyText(template())
      .match(/ec2:\w+/g)
      ?.sort();
    // AWSLambdaVPCAccessExecutionRole, version 3 (AWS managed policy reference, 2026-11).
    expect(granted).toEqual([
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ]);
  });

  test('publishes the JSON Schema when asked', () => {
    expect(construct().template().findResources('AWS::EventSchemas::Schema')).toEqual({});
    construct(() => ({ schemaRegistry: true }))
      .template()
      .hasResourceProperties('AWS::EventSchemas::Schema', {
        SchemaName: 'hubspot.events@HubSpotEvent',
        Type: 'JSONSchemaDraft4',
        Content: Assert.stringLikeRegexp('"idempotencyKey"'),
      });
  });
});

describe('onEvent', () => {
  const { stack, events, template } = construct();
  const queue = new Queue(stack, 'Mine');
  events.onEvent('e_visited_page', new SqsQueue(queue), {
    objectType: 'contact',
    properties: { hs_url_path: ['/', '/pricing'], hs_city: 'Lyon' },
    portal: 'main',
    passes: ['live'],
  });
  const long = 'x'.repeat(129);
  events.onEvent(['e_visited_page', long], new SqsQueue(queue));
  const own = new Queue(stack, 'Own');
  events.onEvent('e_call_started', new SqsQueue(queue, { deadLetterQueue: own, retryAttempts: 3 }));
  const rules = () => resourcesOf(template(), 'AWS::Events::Rule').map(({ properties }) => properties);

  test('makes a rule on the bus with the pattern of what was asked for', () => {
    expect(rules()[0]).toMatchObject({
      EventBusName: { Ref: onlyResource(template(), 'AWS::Events::EventBus').id },
      EventPattern: {
        source: ['hubspot.events'],
        'detail-type': ['e_visited_page'],
        detail: {
          objectType: [{ 'equals-ignore-case': 'contact' }],
          properties: { hs_url_path: ['/', '/pricing'], hs_city: ['Lyon'] },
          metadata: { portal: ['main'], pass: ['live'] },
        },
      },
    });
  });

  test('finds event types too long for a detail-type by the event itself', () => {
    expect(rules()[1]?.['EventPattern']).toEqual({
      source: ['hubspot.events'],
      detail: { eventType: ['e_visited_page', long] },
    });
  });

  test('tries for a day, and keeps what could not be delivered', () => {
    const [undelivered] = resourcesOf(template(), 'AWS::SQS::Queue').filter(({ id }) =>
      id.includes('UndeliveredQueue'),
    );
    expect(rules()[0]?.['Targets']).toMatchObject([
      {
        RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [undelivered?.id, 'Arn'] } },
      },
    ]);
    template().hasResourceProperties('AWS::SQS::QueuePolicy', {
      Queues: [{ Ref: undelivered?.id }],
      PolicyDocument: Assert.objectLike({
        Statement: Assert.arrayWith([
          Assert.objectLike({ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' } }),
        ]),
      }),
    });
    template().hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'HubSpotEvents-undelivered' });
  });

  test("leaves a target's own retry policy and queue as they are", () => {
    const id = resourcesOf(template(), 'AWS::SQS::Queue').find((each) => each.id.startsWith('Own'))?.id;
    expect(rules()[2]?.['Targets']).toMatchObject([
      { RetryPolicy: { MaximumRetryAttempts: 3 }, DeadLetterConfig: { Arn: { 'Fn::GetAtt': [id, 'Arn'] } } },
    ]);
  });

  test('refuses a rule without an event type', () => {
    expect(() => events.onEvent([], new SqsQueue(queue))).toThrow(/must name an event type/);
    for (const eventType of ['', 'page visited', ['e_visited_page', '']]) {
      expect(() => events.onEvent(eventType, new SqsQueue(queue))).toThrow(
        /^Adding a rule: each event type must be an event type: 1 to 512 characters/,
      );
    }
  });

  test('refuses a pass that is not there: nothing would ever match', () => {
    const untyped: OnEventOptions = JSON.parse('{"passes":["live","swept"]}');
    expect(() => events.onEvent('e_visited_page', new SqsQueue(queue), untyped)).toThrow(
      'Adding a rule: a pass must be one of live, sweep, backfill; found "swept"',
    );
  });

  test('refuses an option that is not there: without it the rule would match more than was meant', () => {
    const untyped: OnEventOptions = JSON.parse('{"objecttype":"contact"}');
    expect(() => events.onEvent('e_visited_page', new SqsQueue(queue), untyped)).toThrow(
      'Adding a rule: an option must be one of objectType, properties, portal, passes, id; found objecttype',
    );
  });
});

describe('metrics', () => {
  const { events } = construct(() => ({ portals: { main: {}, shop: {} } }));
  const made = {
    LagSeconds: events.lagMetric({ portal: 'main' }),
    EventsPublished: events.eventsPublishedMetric({ portal: 'main' }),
    EventsRead: events.eventsReadMetric({ portal: 'main' }),
    DuplicatesSuppressed: events.duplicatesSuppressedMetric({ portal: 'main' }),
    LateEvents: events.lateEventsMetric({ portal: 'main' }),
    EventsDeadLettered: events.eventsDeadLetteredMetric({ portal: 'main' }),
    EventAgeSeconds: events.eventAgeMetric({ portal: 'main' }),
    StreamsFailing: events.streamsFailingMetric({ portal: 'main' }),
    HubSpotRequests: events.hubSpotRequestsMetric({ portal: 'main' }),
    HubSpotThrottled: events.hubSpotThrottledMetric({ portal: 'main' }),
    PublishRetries: events.publishRetriesMetric({ portal: 'main' }),
    HubSpotDailyRemaining: events.hubSpotDailyRemainingMetric({ portal: 'main' }),
    RunSeconds: events.runSecondsMetric({ portal: 'main' }),
  };

  test('are there for every metric of the contract, with its dimension', () => {
    expect(Object.keys(made)).toEqual(Object.keys(METRICS));
    for (const [name, metric] of Object.entries(made)) {
      expect(metric).toMatchObject({
        namespace: 'HubSpotEvents',
        metricName: name,
        dimensions: { portal: 'main' },
      });
    }
  });

  test('name the portal by themselves where there is one, and ask for it where there are several', () => {
    expect(construct().events.lagMetric().dimensions).toEqual({ portal: 'main' });
    expect(() => events.lagMetric()).toThrow(/portal must be one of main, shop; found none/);
    expect(() => events.lagMetric({ portal: 'x' })).toThrow(/found "x"/);
  });
});

test('grantBackfill lets a principal invoke the poller, and nothing else', () => {
  const { stack, events, template } = construct();
  const role = new Role(stack, 'Operator', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  events.grantBackfill(role);
  const [policy] = resourcesOf(template(), 'AWS::IAM::Policy').filter(({ id }) => id.startsWith('Operator'));
  expect(policy?.properties['PolicyDocument']).toMatchObject({
    Statement: [
      {
        Action: 'lambda:InvokeFunction',
        Resource: { 'Fn::GetAtt': [onlyResource(template(), 'AWS::Lambda::Function').id, 'Arn'] },
      },
    ],
  });
});

describe('many portals', () => {
  const portals = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`p${index}`, {}]));
  const many = construct(() => ({ portals })).template();

  test('have alarms over all in place of four each, on what the roll call emits', () => {
    const names = resourcesOf(many, 'AWS::CloudWatch::Alarm').map(({ properties: p }) =>
      String(p['AlarmName']),
    );
    expect(names.slice(0, 4)).toEqual([
      'HubSpotEvents-roll-call',
      'HubSpotEvents-portals-silent',
      'HubSpotEvents-portals-behind',
      'HubSpotEvents-portals-failing',
    ]);
    expect(names.filter((name) => /p\d/.test(name))).toEqual([]);
  });

  test('tick some time within a minute, and reserve nothing of the account by themselves', () => {
    const ticks = resourcesOf(many, 'AWS::Scheduler::Schedule').filter(({ properties }) =>
      /^p\d+$/.test(String(properties['Name'])),
    );
    expect(ticks).toHaveLength(51);
    for (const { properties } of ticks)
      expect(properties['FlexibleTimeWindow']).toEqual({ Mode: 'FLEXIBLE', MaximumWindowInMinutes: 1 });
    many.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: Assert.absent() });
  });

  test('have metrics together, and none of their own', () => {
    const { events } = construct(() => ({ portals }));
    expect(events.fleetMetric('PortalsSilent')).toMatchObject({
      namespace: 'HubSpotEvents',
      metricName: 'PortalsSilent',
      statistic: 'Maximum',
    });
    expect(events.fleetMetric('PortalsSilent').dimensions).toBeUndefined();
    expect(() => events.lagMetric({ portal: 'p1' })).toThrow(/metrics must be "portal".*found "fleet"/);
    expect(() => construct().events.fleetMetric('PortalsSilent')).toThrow(/found few/);
    const both = construct(() => ({ portals, metrics: 'portal' })).events;
    expect(both.lagMetric({ portal: 'p1' }).dimensions).toEqual({ portal: 'p1' });
    expect(both.fleetMetric('LagSecondsMax').metricName).toBe('LagSecondsMax');
  });

  test('are treated so when asked for, where few are known at synth', () => {
    const asked = construct(() => ({ manyPortals: true })).template();
    asked.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'HubSpotEvents-roll-call' });
  });
});
