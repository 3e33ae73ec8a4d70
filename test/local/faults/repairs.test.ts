import { afterAll, beforeAll, expect, test } from 'vitest';
import { advanceSweep, startCheckpoint, startPass } from '../../../functions/poller/core/checkpoint.ts';
import { planSweep } from '../../../functions/poller/core/reading/sweep.ts';
import { requestSchema } from '../../../functions/poller/input/request.ts';
import { createRepairs } from '../../../infra/local/faults/repairs.ts';
import { createTurns } from '../../../infra/local/faults/turns.ts';
import { createDynamoDbRig, type DynamoDbRig } from '../../adapters/dynamodb/dynamodb-rig.ts';

const PORTAL = 'main';
const STREAM = 'e_visited_page';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let rig: DynamoDbRig;
beforeAll(async () => {
  rig = await createDynamoDbRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

test('to sweep now, while a sweep is under way, is to sweep once more after it', async () => {
  const input = JSON.stringify({ portal: PORTAL, secretId: 'hubspot-events/main', eventTypes: [STREAM] });
  const settings = requestSchema.parse(JSON.parse(input));
  const { client, name } = rig.table();
  const invokeWith = () => Promise.reject(new Error('No run is asked for.'));
  const { sweepNow } = createRepairs(
    { table: { client, name }, inputOf: () => input, invokeWith },
    createTurns(),
  );
  const read = async () => {
    const { checkpoints } = await rig.store('reader').readPortal(PORTAL);
    const [checkpoint] = checkpoints;
    if (checkpoint === undefined) throw new Error('The checkpoint is gone.');
    return checkpoint;
  };

  // A sweep whose last hour is left: what came five hours late meanwhile is behind it.
  const now = Date.now();
  const under = startPass(now - 24 * HOUR, now - HOUR, now - MINUTE);
  const left = { from: now - 2 * HOUR, to: now - HOUR, position: now - 2 * HOUR };
  await rig.store('run').saveCheckpoint(PORTAL, {
    ...startCheckpoint(STREAM, now - 48 * HOUR, now),
    watermark: now,
    sweep: { ...under, segments: [left] },
  });
  await sweepNow(PORTAL);

  const goesOn = planSweep(await read(), settings, now);
  expect(goesOn).toMatchObject({ from: under.from, segments: [left] });
  const finished = advanceSweep(await read(), {
    ...under,
    startedAt: goesOn?.startedAt ?? now,
    segments: [],
  });
  expect(planSweep(finished, settings, now)?.from).toBeLessThan(now - 5 * HOUR);
});
