/** Faults as a reader meets them: over real sockets, with the client the poller uses. */

import { Agent, request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { type PortalBehaviour, SIMULATED_TOKEN } from '../../infra/simulator/behaviour.ts';
import { type Fault, scriptFaults, seedFaults } from '../../infra/simulator/faults/fault.ts';
import { type HubSpotPortal, startHubSpotPortal } from '../../infra/simulator/portal.ts';
import { EVENTS, makeEvents, NOW, readPage } from './ask.ts';

const running: { portal: HubSpotPortal; agent: Agent }[] = [];

afterEach(async () => {
  for (const { portal, agent } of running.splice(0)) {
    await agent.destroy();
    await portal.close();
  }
});

async function start(faults: readonly (Fault | null)[], behaviour: Partial<PortalBehaviour> = {}) {
  const portal = await startHubSpotPortal({
    now: () => NOW,
    events: makeEvents(60),
    behaviour: { fault: scriptFaults(faults), ...behaviour },
  });
  const agent = new Agent({ headersTimeout: 200, bodyTimeout: 200 });
  running.push({ portal, agent });
  const get = async (query = '', headers = {}) => {
    const answer = await request(`${portal.url}${EVENTS}?eventType=e_a${query}`, {
      dispatcher: agent,
      headers: { authorization: `Bearer ${SIMULATED_TOKEN}`, ...headers },
    });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  };
  return { portal, get };
}

describe('status', () => {
  test.each([423, 429, 477, 500, 502, 503, 504, 521, 522, 523, 524, 525, 526, 530])(
    '%i comes as JSON, as HTML and empty, and the next request is served',
    async (status) => {
      const { get } = await start([
        { kind: 'status', status, retryAfter: 30 },
        { kind: 'status', status, body: 'html' },
        { kind: 'status', status, body: 'empty' },
      ]);
      const json = await get();
      expect(json).toMatchObject({ status, headers: { 'retry-after': '30' } });
      expect(JSON.parse(json.text)).toMatchObject({ status: 'error', correlationId: expect.any(String) });
      expect((await get()).text).toContain('<!DOCTYPE html>');
      expect(await get()).toMatchObject({ status, text: '' });
      expect((await get()).status).toBe(200);
    },
  );

  test('takes the body’s fields and headers from the script', async () => {
    const { get } = await start([
      {
        kind: 'status',
        status: 429,
        fields: { policyName: 'DAILY' },
        headers: { 'retry-after': 'Tue, 10 Nov 2026 10:00:00 GMT' },
      },
    ]);
    const answer = await get();
    expect(JSON.parse(answer.text)).toMatchObject({ errorType: 'RATE_LIMIT', policyName: 'DAILY' });
    expect(answer.headers['retry-after']).toBe('Tue, 10 Nov 2026 10:00:00 GMT');
  });

  test('of the way uses up no limit', async () => {
    const { get } = await start([{ kind: 'status', status: 502, body: 'html' }]);
    expect((await get()).headers).not.toHaveProperty('x-hubspot-ratelimit-remaining');
    expect((await get()).headers['x-hubspot-ratelimit-remaining']).toBe('189');
  });
});

describe('connection', () => {
  test('reset before the answer gives no status', async () => {
    const { get } = await start([{ kind: 'reset', when: 'before-answer' }]);
    await expect(get()).rejects.toThrow(/ECONNRESET|other side closed/);
    expect((await get()).status).toBe(200);
  });

  test('broken in the body gives the status and no whole body', async () => {
    const { get } = await start([{ kind: 'reset', when: 'in-body' }]);
    await expect(get()).rejects.toThrow(/other side closed|terminated|aborted/);
    expect((await get()).status).toBe(200);
  });

  test.each([
    ['an answer that never comes', { kind: 'silent' }, /Headers Timeout/],
    [
      'an answer later than the reader waits',
      { kind: 'slow', delayMs: 5_000, when: 'before-answer' },
      /Headers Timeout/,
    ],
    ['a body that stops half-way', { kind: 'slow', delayMs: 60_000, when: 'in-body' }, /Body Timeout/],
  ] as const)('left open on %s ends by the reader’s timeout', async (_what, fault, message) => {
    const { get } = await start([fault]);
    await expect(get()).rejects.toThrow(message);
  });

  test('slow by a little still gives the whole answer', async () => {
    const { get } = await start([
      { kind: 'slow', delayMs: 20, when: 'before-answer' },
      { kind: 'slow', delayMs: 20, when: 'in-body' },
    ]);
    const [first, second, plain] = [await get(), await get(), await get()];
    expect([first.text, second.text]).toEqual([plain.text, plain.text]);
  });
});

describe('body', () => {
  test.each([
    ['truncated JSON', { kind: 'truncated' }, /^\{"results":\[(?!.*\]\}$)/],
    ['no results', { kind: 'no-results' }, /^\{"total":0\}$/],
    ['what the script says', { kind: 'body', body: '[]' }, /^\[\]$/],
  ] as const)('holds %s under a 200', async (_what, fault, text) => {
    const { get } = await start([fault]);
    expect(await get()).toMatchObject({ status: 200, text: expect.stringMatching(text) });
  });

  test('comes under another content type', async () => {
    const { get } = await start([{ kind: 'content-type', contentType: 'text/plain' }]);
    expect((await get()).headers['content-type']).toBe('text/plain');
  });
});

describe('page', () => {
  const idsOf = (text: string) => readPage(text).results.map(({ id }) => id);

  async function readTwo(fault: Fault) {
    const { get } = await start([null, fault]);
    const first = await get('&limit=5');
    const after = readPage(first.text).paging?.next.after;
    const second = await get(`&limit=5&after=${after}`);
    return { first: first.text, second: second.text, after };
  }

  test('with a repeated cursor holds its own events and the cursor that was sent', async () => {
    const { second, after } = await readTwo({ kind: 'repeated-cursor' });
    expect(idsOf(second)).toEqual(['id-5', 'id-6', 'id-7', 'id-8', 'id-9']);
    expect(JSON.parse(second).paging.next.after).toBe(after);
  });

  test('repeated holds the events before and the cursor that was sent', async () => {
    const { first, second, after } = await readTwo({ kind: 'repeated-page' });
    expect(idsOf(second)).toEqual(idsOf(first));
    expect(JSON.parse(second).paging.next.after).toBe(after);
  });

  test('overlapping shows the last events again before its own, and goes on', async () => {
    const { second, after } = await readTwo({ kind: 'overlapping-page', events: 2 });
    expect(idsOf(second)).toEqual(['id-3', 'id-4', 'id-5', 'id-6', 'id-7', 'id-8', 'id-9']);
    expect(JSON.parse(second).paging.next.after).not.toBe(after);
  });

  test('out of order holds its events from the last to the first, and the cursor is its own', async () => {
    const { second, after } = await readTwo({ kind: 'unordered-page' });
    expect(idsOf(second)).toEqual(['id-9', 'id-8', 'id-7', 'id-6', 'id-5']);
    expect(JSON.parse(second).paging.next.after).not.toBe(after);
  });
});

test('seeded faults hit the share they should, and the same requests every time', () => {
  const fault: Fault = { kind: 'status', status: 503 };
  const at = (seed: string) => {
    const hook = seedFaults(seed, 0.2, [fault]);
    return Array.from({ length: 1_000 }, (_, index) =>
      hook({ index, at: NOW, method: 'GET', path: EVENTS, query: new URLSearchParams() }),
    ).map((hit) => hit === fault);
  };
  expect(at('a')).toEqual(at('a'));
  expect(at('a')).not.toEqual(at('b'));
  expect(at('a').filter(Boolean).length / 1_000).toBeCloseTo(0.2, 1);
});
