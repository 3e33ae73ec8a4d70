/** A newcomer finds the cause of each drill with doctor alone: its sentence, and what to do. */
import { describe, expect, test } from 'vitest';
import { failWith } from '../../infra/local/aws/fault.ts';
import { DEFAULT_LIMITS } from '../../infra/simulator/behaviour.ts';
import { type Desk, openDesk } from './desk.ts';

/** The marks of the lines, and all that was said. */
async function examine(desk: Desk) {
  const { status, out } = await desk.run(['doctor']);
  const bad = [...out.matchAll(/^ {2}[✗!] (\w+( run| letters)?)/gm)].map(([, name]) => name);
  return { status, out, bad };
}

describe('doctor', () => {
  test('passes where all is well, with a line for each check in order', async () => {
    await using desk = await openDesk();
    await desk.stack.invoke('main');
    const { status, out } = await examine(desk);
    expect(status).toBe(0);
    expect([...out.matchAll(/^ {2}✓ (\w+( run| letters)?)/gm)].map(([, name]) => name)).toEqual([
      'secret',
      'HubSpot',
      'allowance',
      'bus',
      'streams',
      'dead letters',
      'schedule',
      'last run',
      'clock',
    ]);
  });

  test('finds a poller that nothing invokes', async () => {
    await using desk = await openDesk();
    const { status, out, bad } = await examine(desk);
    expect(status).toBe(1);
    expect(bad).toEqual(['streams', 'last run']);
    expect(out).toContain('RUNBOOK.md#not-running');
  });

  test('finds a token that HubSpot refuses', async () => {
    await using desk = await openDesk();
    await desk.stack.invoke('main');
    desk.portal.setTokens(['another']);
    await desk.stack.invoke('main');
    const { out, bad } = await examine(desk);
    expect(bad).toContain('HubSpot');
    expect(out).toContain('HubSpot must accept the token, and refused it twice');
    expect(out).toContain('→ npm run events -- token set');
  });

  test('finds the placeholder of a first deployment', async () => {
    await using desk = await openDesk({ stack: { secrets: {} } });
    await desk.stack.invoke('main');
    const { out, bad } = await examine(desk);
    expect(bad[0]).toBe('secret');
    expect(out).toContain('No HubSpot token yet');
  });

  test('finds one refused type', async () => {
    await using desk = await openDesk({
      behaviour: { typeRefusals: { e_visited_page: 'storage-locations' } },
    });
    await desk.stack.invoke('main');
    const { out, bad } = await examine(desk);
    expect(bad).toEqual(['streams']);
    expect(out).toContain('1 of 2 not well: e_visited_page quarantined');
  });

  test('finds a scope that is missing', async () => {
    await using desk = await openDesk({ behaviour: { accountRefusal: 'missing-scopes' } });
    const { out, bad } = await examine(desk);
    expect(bad).toContain('HubSpot');
    expect(out).toMatch(/lacks the scopes/);
  });

  test('finds a bus that denies the poller, by the last run', async () => {
    const events = [{ eventType: 'e_visited_page', id: 'v', occurredAt: Date.now() - 1000 }];
    const startFrom = new Date(Date.now() - 60_000).toISOString();
    await using desk = await openDesk({
      events,
      settings: { startFrom },
      stack: {
        onRequest: ({ action }) =>
          action === 'PutEvents' ? failWith(400, 'AccessDeniedException', 'not authorized') : 'pass',
      },
    });
    await desk.stack.invoke('main');
    const { out, bad } = await examine(desk);
    expect(bad).toContain('last run');
    expect(out).toContain('AccessDenied');
  });

  test('finds dead letters', async () => {
    const poison = {
      eventType: 'e_visited_page',
      id: '',
      occurredAt: Date.now() - 1000,
      json: '{"no":"id"}',
    };
    const startFrom = new Date(Date.now() - 60_000).toISOString();
    await using desk = await openDesk({ events: [poison], settings: { startFrom } });
    await desk.stack.invoke('main');
    const { out, bad } = await examine(desk);
    expect(bad).toEqual(['dead letters']);
    expect(out).toContain('1 waiting');
  });

  test('finds HubSpot down, by the stream that failed', async () => {
    await using desk = await openDesk();
    await desk.stack.invoke('main');
    // A Retry-After of nothing keeps the eight tries within seconds.
    desk.portal.change({ fault: () => ({ kind: 'status', status: 503, retryAfter: 0 }) });
    await desk.stack.invoke('main');
    const { out, bad } = await examine(desk);
    expect(bad).toEqual(['HubSpot', 'streams']);
    expect(out).toContain('found after 8 tries: status 503');
  });

  test('warns of an allowance nearly spent, and passes', async () => {
    const limits = { ...DEFAULT_LIMITS, otherApps: () => ({ last10Seconds: 0, today: 640_000 }) };
    await using desk = await openDesk({ behaviour: { limits } });
    await desk.stack.invoke('main');
    const { status, bad } = await examine(desk);
    expect({ status, bad }).toEqual({ status: 0, bad: ['allowance'] });
  });
});
