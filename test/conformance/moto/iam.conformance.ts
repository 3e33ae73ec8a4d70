/** The roles as deployed, with moto's IAM enforced: each call that the code makes is allowed, and no grant is idle. */
import { DynamoDBClient, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TABLE } from '../../../functions/poller/contract.ts';
import { createOpened } from '../../../infra/local/opened.ts';
import { SIMULATED_TOKEN } from '../../../infra/simulator/behaviour.ts';
import { type HubSpotPortal, startHubSpotPortal } from '../../../infra/simulator/portal.ts';
import { EVENT_TYPES, makeEvents, START_FROM } from '../../end-to-end/rig.ts';
import { assumeRole, type Deployment, deployToMoto } from './deployment.ts';
import type { Credentials, Decision } from './moto-server.ts';
import { createOperator, findRole, type Grant, type Role } from './roles.ts';

/** Lambda writes the log in the function's name: moto keeps a log group by another ARN than AWS, and can't tell. */
const NOT_CHECKED = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const [STREAM] = EVENT_TYPES;
/** Long enough for a change to the table between a question to HubSpot and its answer. */
const LATENCY_MS = 1_000;

interface Outcome {
  /** What IAM said to the sessions of the stack's roles. */
  readonly decisions: readonly Decision[];
  /** What the runs wrote and how they ended. */
  readonly text: string;
}

const opened = createOpened();
afterAll(opened.close);

let batch = 0;

/**
 * Three runs that do all that a run does. Each finds events and what is none; the second has more than one record of
 * the ledger to write; the third has its checkpoint changed under its hands, so that it must read it again.
 */
async function pollAll(
  deployment: Deployment,
  hubSpot: HubSpotPortal,
  operator: Credentials,
): Promise<Outcome> {
  const input = await deployment.inputOf('main');
  const rollCall = await addSilentPortal(deployment);
  const lines: string[] = [];
  // A session of its own: what a process keeps (a tenant's session, a secret) is asked for again.
  const poller = await deployment.startPoller((line) => lines.push(line));
  const poll = async (spanMs: number) => {
    addEvents(hubSpot, spanMs);
    lines.push(JSON.stringify(await poller.invoke(input, { timeoutMs: 60_000 })));
  };
  const decisions = await deployment.moto.withIam(async () => {
    await poll(0);
    await poll(1_800_000);
    const change = onFirstQuestion(hubSpot, () => changeCheckpoints(deployment, operator));
    await poll(0);
    await change();
    if (rollCall !== undefined) lines.push(JSON.stringify(await poller.invoke(rollCall)));
  });
  await poller.close();
  hubSpot.change({ fault: null });
  return {
    decisions: decisions.filter(({ principal }) => !principal.includes('/operator/')),
    text: lines.join('\n'),
  };
}

/** One more portal whose schedule is off, so that the roll call has something to tell. Gives the roll call's input. */
async function addSilentPortal({ moto, inputOf, roleArn }: Deployment): Promise<string | undefined> {
  const rollCall = await inputOf('roll-call', 'hubspot-events-roll-call').catch(() => undefined);
  if (rollCall === undefined) return undefined;
  const portal = `silent-${batch}`;
  const request = { ...JSON.parse(await inputOf('main')), portal, secretId: `hubspot-events/${portal}` };
  const target = { Arn: 'arn:aws:lambda:us-east-1:123456789012:function:poller', RoleArn: roleArn };
  await new SchedulerClient(moto.client).send(
    new CreateScheduleCommand({
      GroupName: 'hubspot-events',
      Name: portal,
      State: 'DISABLED',
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { ...target, Input: JSON.stringify(request) },
    }),
  );
  return rollCall;
}

/** A run that nobody checks: what the last one could not do is done. */
async function catchUp(deployment: Deployment): Promise<void> {
  const poller = await deployment.startPoller();
  await poller.invoke(await deployment.inputOf('main'));
  await poller.close();
}

/** Events of now and of so long ago, of one or of two of the ledger's buckets, and one that is no event. */
function addEvents(hubSpot: HubSpotPortal, spanMs: number): void {
  const now = Date.now() - 30_000;
  batch += 1;
  const events = makeEvents(30, batch).map((event, index) => ({
    ...event,
    occurredAt: now - (index % 2 === 0 ? 0 : spanMs) + Math.floor(index / 7),
  }));
  const json = `{"eventType":"${STREAM}","occurredAt":"${new Date(now).toISOString()}","n":${batch}}`;
  hubSpot.addEvents([...events, { eventType: STREAM, id: `poison-${batch}`, occurredAt: now, json }]);
}

/** Has something done while HubSpot's first answer is awaited. Gives what waits for it. @throws what it throws */
function onFirstQuestion(hubSpot: HubSpotPortal, act: () => Promise<void>): () => Promise<void> {
  let acting: Promise<void> | undefined;
  hubSpot.change({
    fault: () => {
      acting ??= act();
      return null;
    },
  });
  return async () => acting;
}

/** Every checkpoint's revision moves on, as another writer's would. */
async function changeCheckpoints({ moto, outputs }: Deployment, credentials: Credentials): Promise<void> {
  const client = new DynamoDBClient({ ...moto.client, credentials });
  const TableName = outputs['TableName'];
  const { Items = [] } = await client.send(new ScanCommand({ TableName }));
  for (const { [TABLE.partitionKey]: pk, [TABLE.sortKey]: sk, revision } of Items) {
    if (pk === undefined || sk === undefined || revision === undefined) continue;
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key: { [TABLE.partitionKey]: pk, [TABLE.sortKey]: sk },
        UpdateExpression: 'SET revision = revision + :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }),
    );
  }
}

const told = ({ action, resource }: Grant) => `${action} on ${resource.replace(/^arn:aws:/, '')}`;

describe.each([
  ['one portal', {}, /./],
  // The other grants are those of one portal.
  ['many portals', { manyPortals: true }, /^(sts|secretsmanager|sns|scheduler):/],
])('with %s', (_what, flags, triedHere) => {
  let hubSpot: HubSpotPortal;
  let deployment: Deployment;
  let operator: Credentials;
  let roles: readonly Role[];
  let failedInvocations: string;

  beforeAll(async () => {
    hubSpot = await startHubSpotPortal({ latencyMs: LATENCY_MS });
    opened.add(hubSpot.close);
    const portal = {
      apiUrl: hubSpot.url,
      eventTypes: [STREAM],
      startFrom: START_FROM,
      overlapSeconds: 7_200,
    };
    deployment = await deployToMoto(opened, { config: { portals: { main: portal } }, flags });
    const { moto, outputs } = deployment;
    const secrets = new SecretsManagerClient(moto.client);
    const secret = { SecretId: 'hubspot-events/main', SecretString: SIMULATED_TOKEN };
    await secrets.send(new PutSecretValueCommand(secret));
    operator = await assumeRole(moto, await createOperator(moto));
    const starts = [
      'HubSpotEvents-PollerRole',
      ...('manyPortals' in flags ? ['HubSpotEvents-PollerPortalRole'] : []),
    ];
    roles = await Promise.all(starts.map((start) => findRole(moto, start)));
    failedInvocations = outputs['FailedInvocationsQueueUrl']?.split('/').at(-1) ?? '';
  });

  /** What the poller's own code is granted: Lambda alone sends to the queue of failed invocations. */
  const ofTheCode = () =>
    roles.flatMap(({ grants }) =>
      grants.filter(
        ({ action, resource }) =>
          !NOT_CHECKED.includes(action) && !resource.endsWith(`:${failedInvocations}`),
      ),
    );

  test('each call that the code makes is allowed, and it makes each that it is granted', async () => {
    const { decisions, text } = await pollAll(deployment, hubSpot, operator);
    expect(decisions.filter(({ allowed }) => !allowed)).toEqual([]);
    expect(text).not.toMatch(/AccessDenied|not authorized/);
    const used = new Set(decisions.map(({ action }) => action));
    expect(ofTheCode().filter(({ action }) => !used.has(action))).toEqual([]);
  });

  test('with each grant taken away in turn something fails, and says which', async () => {
    const unnoticed: string[] = [];
    for (const role of roles) {
      for (const grant of role.grants) {
        if (!ofTheCode().includes(grant) || !triedHere.test(grant.action)) continue;
        await catchUp(deployment);
        await role.without(grant, async () => {
          const { decisions, text } = await pollAll(deployment, hubSpot, operator);
          const denied = decisions.filter(({ allowed }) => !allowed).map(({ action }) => action);
          const isTold = /AccessDenied|not authorized/.test(text);
          if (!denied.includes(grant.action) || !isTold) unnoticed.push(told(grant));
        });
      }
    }
    expect(unnoticed).toEqual([]);
  });

  test('a request that names the secret of another portal is refused', async () => {
    const { moto } = deployment;
    const other = { Name: 'hubspot-events/other', SecretString: SIMULATED_TOKEN };
    const { ARN } = await new SecretsManagerClient(moto.client).send(new CreateSecretCommand(other));
    const request = { ...JSON.parse(await deployment.inputOf('main')), secretId: other.Name };
    const poller = await deployment.startPoller();
    const decisions = await moto.withIam(async () => {
      expect(await poller.invoke(JSON.stringify(request))).toMatchObject({ ok: false });
    });
    await poller.close();
    expect(decisions.filter(({ allowed }) => !allowed)).toMatchObject([
      { action: 'secretsmanager:GetSecretValue', resource: ARN },
    ]);
  });

  test("Lambda and Scheduler may do what they do in the roles' names, and no more", async () => {
    const { moto, outputs } = deployment;
    const [poller] = roles;
    const schedules = await findRole(moto, 'HubSpotEvents-SchedulesRole');
    const FunctionName = outputs['FunctionName'];
    const calls: readonly (readonly [
      Role | undefined,
      string,
      (credentials: Credentials) => Promise<unknown>,
    ])[] = [
      [poller, 'sqs:SendMessage', sendFailed],
      [schedules, 'sqs:SendMessage', sendFailed],
      [
        schedules,
        'lambda:InvokeFunction',
        (credentials) =>
          new LambdaClient({ ...moto.client, credentials }).send(new InvokeCommand({ FunctionName })),
      ],
    ];
    function sendFailed(credentials: Credentials) {
      const message = { QueueUrl: outputs['FailedInvocationsQueueUrl'], MessageBody: '{}' };
      return new SQSClient({ ...moto.client, credentials }).send(new SendMessageCommand(message));
    }
    for (const [role, action, call] of calls) {
      const credentials = await assumeRole(moto, role?.arn ?? '');
      const grant = role?.grants.find(
        (each) => each.action === action && /FailedInvocations|function:/.test(each.resource),
      );
      if (role === undefined || grant === undefined) throw new Error(`The role must have ${action}`);
      const attempt = () => moto.withIam(async () => void (await call(credentials).catch(() => undefined)));
      expect((await attempt()).map(({ allowed }) => allowed)).toEqual([true]);
      await role.without(grant, async () => {
        expect((await attempt()).map(({ allowed }) => allowed)).toContain(false);
      });
    }
  });
});
