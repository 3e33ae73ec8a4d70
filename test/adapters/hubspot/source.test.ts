import { describe, expect, test } from 'vitest';
import { PageTooLargeError } from '../../../functions/poller/adapters/hubspot/client.ts';
import { createEventSource } from '../../../functions/poller/adapters/hubspot/source.ts';
import { HUBSPOT_API_URL } from '../../../functions/poller/contract.ts';
import { PollerError } from '../../../functions/poller/errors.ts';
import { NOON } from '../../support/rig.ts';

const QUERY = {
  query: { eventType: 'e_one' },
  from: NOON,
  to: NOON,
  cursor: undefined,
  limit: 1_000,
  maxBytes: 1,
};

/** What a page of 1,000 that takes too long ends with, where the smaller one fails. */
function failureAfterSlowPage(failure: PollerError): Promise<unknown> {
  const slow = new PageTooLargeError('slow', 'hubspot-unavailable', 'too slow');
  const failures = [slow, failure].values();
  const source = createEventSource({
    get: () => Promise.reject(failures.next().value),
    getToken: () => Promise.resolve('token'),
    apiUrl: HUBSPOT_API_URL,
    apiVersion: 'v3',
    clock: { now: () => NOON, sleep: () => Promise.resolve() },
  });
  return source.readPage(QUERY, NOON + 60_000).catch((thrown: unknown) => thrown);
}

describe('a page that takes HubSpot too long, and then a smaller one that fails', () => {
  test('for want of time: the next run goes on with the smaller size', async () => {
    const thrown = await failureAfterSlowPage(new PollerError('out-of-time', 'the time is up'));
    expect(thrown).toMatchObject({ code: 'out-of-time', reduced: { limit: 250, reason: 'slow' } });
  });

  test('for another reason: nothing was learnt of the size', async () => {
    const failure = new PollerError('hubspot-unavailable', 'down', { status: 503 });
    expect(await failureAfterSlowPage(failure)).toBe(failure);
  });
});
