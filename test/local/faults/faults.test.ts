import { afterEach, describe, expect, test } from 'vitest';
import type { ServiceCall } from '../../../infra/local/aws/fault.ts';
import { SWITCHES, type SwitchId } from '../../../infra/local/faults/catalogue.ts';
import { createFaults } from '../../../infra/local/faults/faults.ts';
import { createStorm, planStorm, type StormStep } from '../../../infra/local/faults/storm.ts';
import { SIMULATED_TOKEN } from '../../../infra/simulator/behaviour.ts';
import { type HubSpotPortal, startHubSpotPortal } from '../../../infra/simulator/portal.ts';

const running: HubSpotPortal[] = [];
afterEach(async () => {
  for (const portal of running.splice(0)) await portal.close();
});

const TYPE = 'e_form_submission_v2';

async function open() {
  const events = Array.from({ length: 3 }, (_, index) => ({
    eventType: TYPE,
    id: `id-${index}`,
    occurredAt: Date.UTC(2026, 10, 10, 9, index),
  }));
  const portal = await startHubSpotPortal({ events });
  running.push(portal);
  const faults = createFaults({ isDynamoDbOurs: true });
  const calls: string[] = [];
  faults.attachPortals([{ name: 'main', portal, tokens: [{ token: SIMULATED_TOKEN }], eventTypes: [TYPE] }]);
  faults.attachStack({
    kill: () => calls.push('kill'),
    coldStart: () => calls.push('cold start'),
    moveClock: (offsetMs) => calls.push(`clock ${offsetMs}`),
  });
  const ask = () =>
    fetch(`${portal.url}/events/v3/events?eventType=${TYPE}`, {
      headers: { authorization: `Bearer ${SIMULATED_TOKEN}` },
    });
  const call = (service: ServiceCall['service'], action: string) =>
    Promise.all(Array.from({ length: 20 }, () => faults.onRequest({ service, action, body: '{}' })));
  return { faults, ask, call, calls };
}

describe('a switch of HubSpot', () => {
  test.each([
    ['hubspot-down', 503],
    ['token-refused', 401],
    ['scope-taken', 403],
    ['type-refused', 400],
  ] as const)('%s makes it answer %i until it is mended', async (id, status) => {
    const { faults, ask } = await open();
    faults.set(id, true);
    expect((await ask()).status).toBe(status);
    faults.set(id, false);
    expect((await ask()).status).toBe(200);
  });

  test('hubspot-throttled refuses one request in four', async () => {
    const { faults, ask } = await open();
    faults.set('hubspot-throttled', true);
    const statuses = [await ask(), await ask(), await ask(), await ask()].map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 200, 200, 429]);
  });

  test('pages-unordered turns a page round', async () => {
    const { faults, ask } = await open();
    const ordered = Object(await (await ask()).json()).results;
    faults.set('pages-unordered', true);
    expect(Object(await (await ask()).json()).results).toEqual(ordered.toReversed());
  });
});

describe('a switch of AWS', () => {
  test.each([
    ['eventbridge-throttled', 'eventbridge', 'PutEvents', 15],
    ['eventbridge-losing-answers', 'eventbridge', 'PutEvents', 4],
    ['eventbridge-throttled', 'eventbridge', 'DescribeEventBus', 0],
    ['dynamodb-throttled', 'dynamodb', 'UpdateItem', 15],
    ['sqs-down', 'sqs', 'SendMessageBatch', 20],
    ['sqs-down', 'dynamodb', 'UpdateItem', 0],
  ] as const)('%s: of 20 calls to %s %s, %i go wrong', async (id, service, action, expected) => {
    const { faults, call } = await open();
    faults.set(id, true);
    expect((await call(service, action)).filter((fault) => fault !== 'pass')).toHaveLength(expected);
    faults.mendAll();
    expect((await call(service, action)).filter((fault) => fault !== 'pass')).toHaveLength(0);
  });

  test('whoever counts is told of the entries whose answer is lost', async () => {
    const { faults, call } = await open();
    const told: string[] = [];
    faults.onNotice((notice) => told.push(notice.kind));
    faults.set('eventbridge-losing-answers', true);
    await call('eventbridge', 'PutEvents');
    expect(told.filter((kind) => kind === 'lost-answer')).toHaveLength(4);
  });
});

test('the function is killed, started cold, and given another clock', async () => {
  const { faults, calls } = await open();
  await faults.press('kill');
  await faults.press('cold-start');
  faults.set('clock-back', true);
  faults.set('clock-back', true);
  faults.mendAll();
  expect(calls).toEqual(['kill', 'cold start', 'clock -3600000', 'clock 0']);
});

test('what is not simulated here cannot be broken, and says why', () => {
  const faults = createFaults({ isDynamoDbOurs: false });
  expect(() => faults.set('hubspot-down', true)).toThrow(/real HubSpot/);
  expect(() => faults.set('dynamodb-slow', true)).toThrow(/AWS_ENDPOINT_URL_DYNAMODB/);
  expect(faults.unavailable('eventbridge-throttled')).toBeUndefined();
  const [, ...steps] = take(
    planStorm('a', (id) => faults.unavailable(id) === undefined),
    50,
  );
  expect(steps.filter(({ id }) => faults.unavailable(id) !== undefined)).toEqual([]);
});

function take(plan: Generator<StormStep, never>, count: number): StormStep[] {
  return Array.from({ length: count }, () => plan.next().value);
}

describe('a storm', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(take(planStorm('a'), 100)).toEqual(take(planStorm('a'), 100));
    expect(take(planStorm('a'), 100)).not.toEqual(take(planStorm('b'), 100));
  });

  test('breaks three things at once at most, and everything in time', () => {
    const on = new Set<SwitchId>();
    const seen = new Set<string>();
    let most = 0;
    for (const step of take(planStorm('a'), 2_000)) {
      seen.add(step.id);
      if (step.kind === 'set' && step.isOn) on.add(step.id);
      if (step.kind === 'set' && !step.isOn) on.delete(step.id);
      most = Math.max(most, on.size);
    }
    expect(most).toBe(3);
    expect(Object.keys(SWITCHES).filter((id) => !seen.has(id))).toEqual([]);
  });

  test('leaves nothing broken when it is stopped', async () => {
    const { faults } = await open();
    const storm = createStorm(faults, () => undefined);
    storm.start('a');
    faults.set('hubspot-slow', true);
    storm.stop();
    expect(storm.seed()).toBeUndefined();
    expect(faults.isOn('hubspot-slow')).toBe(false);
  });
});
