import { expect, test } from 'vitest';
import { z } from 'zod';
import { EVENT_TYPES, openVendor } from './vendor.ts';

const detailSchema = z.object({ id: z.string(), metadata: z.object({ portal: z.string() }) });

test('one process that polls many portals mixes up neither tokens, events nor ledgers', async () => {
  await using vendor = await openVendor(6);
  const { stack, tenants, tick, addEvents } = vendor;
  addEvents();
  // One after the other: a single process, warm with the portals before.
  const first = await tick(1);
  const again = await tick(1);
  expect([...first, ...again].filter(({ ok }) => !ok)).toEqual([]);
  const published = stack.events().map(({ detail }) => detailSchema.parse(JSON.parse(detail)));
  expect(published).toHaveLength(tenants.length * EVENT_TYPES.length);
  // The id of an event begins with its portal's name, the same id is of three types, and none came twice.
  const strangers = published.filter(({ id, metadata }) => !id.startsWith(`${metadata.portal}-`));
  expect(strangers).toEqual([]);
  // Each simulated portal takes its own token alone: a mixed-up one would have been answered with 401.
  const refused = tenants.flatMap(({ hubSpot }) => hubSpot.requests.filter(({ status }) => status !== 200));
  expect(refused).toEqual([]);
});

test("a portal's rate limit holds back no other portal of the same process", async () => {
  await using vendor = await openVendor(2);
  const [slow, fast] = vendor.tenants;
  if (slow === undefined || fast === undefined) throw new Error('There must be two portals');
  const settings = z.looseObject({}).parse(JSON.parse(slow.request));
  // One request in ten seconds: what lists the event types takes it, and the run ends before the next may go.
  const held = JSON.stringify({ ...settings, maxRequestsPer10Seconds: 1 });
  await vendor.stack.invokeWith(held, { timeoutMs: 8_000 });
  expect(slow.hubSpot.requestCount()).toBe(1);
  const free = await vendor.stack.invokeWith(fast.request);
  expect(free.ok, free.logs.join('\n')).toBe(true);
  expect(fast.hubSpot.requestCount()).toBeGreaterThan(EVENT_TYPES.length);
});
