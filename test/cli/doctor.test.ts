/** A newcomer finds the cause of each drill with doctor alone: its sentence, and what to do. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TOKEN_PLACEHOLDER } from '../../functions/poller/contract.ts';
import { failWith } from '../../infra/local/aws/fault.ts';
import { DEFAULT_LIMITS, SIMULATED_TOKEN } from '../../infra/simulator/behaviour.ts';
import { type Desk, openDesk } from './desk.ts';

let desk: Desk;
let isBusDenied = false;

beforeAll(async () => {
  desk = await openDesk({
    settings: { startFrom: new Date(Date.now() - 60_000).toISOString() },
    stack: {
      onRequest: ({ action }) =>
        isBusDenied && action === 'PutEvents'
          ? failWith(400, 'AccessDeniedException', 'not authorized')
          : 'pass',
    },
  });
});
afterAll(() => desk[Symbol.asyncDispose]());

/** The marks of the lines, and all that was said. */
async function examine() {
  const { status, out } = await desk.run(['doctor']);
  const bad = [...out.matchAll(/^ {2}[✗!] (\w+( run| letters)?)/gm)].map(([, name]) => name);
  return { status, out, bad };
}

const poll = () => desk.stack.invoke('main');
const event = (id: string, json?: string) => ({
  eventType: 'e_visited_page',
  id,
  occurredAt: Date.now() - 1000,
  ...(json === undefined ? {} : { json }),
});

describe('doctor', () => {
  test('finds a poller that nothing invokes', async () => {
    const { status, out, bad } = await examine();
    expect({ status, bad }).toEqual({ status: 1, bad: ['streams', 'last run'] });
    expect(out).toContain('runbook not-running');
  });

  describe('of a poller that has run', () => {
    beforeEach(async () => {
      isBusDenied = false;
      desk.portal.change({ accountRefusal: null, typeRefusals: {}, limits: DEFAULT_LIMITS, fault: null });
      desk.portal.setTokens([SIMULATED_TOKEN]);
      desk.stack.putSecret('main', SIMULATED_TOKEN);
      // What the drill before has left in the checkpoints goes with a run that is well.
      await poll();
    });

    test('passes where all is well, with a line for each check in order', async () => {
      const { status, out } = await examine();
      expect(status).toBe(0);
      expect([...out.matchAll(/^ {2}✓ (\w+( run| letters)?)/gm)].map(([, name]) => name)).toEqual([
        'bus',
        'dead letters',
        'secret',
        'HubSpot',
        'allowance',
        'streams',
        'schedule',
        'last run',
        'clock',
      ]);
      expect(out).toContain('on, every 10 seconds');
    });

    test('warns of an allowance nearly spent, and passes', async () => {
      desk.portal.change({
        limits: { ...DEFAULT_LIMITS, otherApps: () => ({ last10Seconds: 0, today: 640_000 }) },
      });
      const { status, bad } = await examine();
      expect({ status, bad }).toEqual({ status: 0, bad: ['allowance'] });
    });

    test('finds a token that HubSpot refuses', async () => {
      desk.portal.setTokens(['another']);
      await poll();
      const { out, bad } = await examine();
      expect(bad).toEqual(['HubSpot', 'last run']);
      expect(out).toContain('HubSpot must accept the token, and refused it twice');
      expect(out).toMatch(/→ npm run events -- --local .*token set --portal main/);
    });

    test('finds the placeholder of a first deployment', async () => {
      desk.stack.putSecret('main', TOKEN_PLACEHOLDER);
      const { out, bad } = await examine();
      expect(bad[0]).toBe('secret');
      expect(out).toContain('No HubSpot token yet');
    });

    test('finds a scope that is missing', async () => {
      desk.portal.change({ accountRefusal: 'missing-scopes' });
      const { out, bad } = await examine();
      expect(bad).toContain('HubSpot');
      expect(out).toMatch(/lacks the scopes/);
    });

    test('finds a bus that denies the poller, by the last run', async () => {
      desk.portal.addEvents([event('denied')]);
      isBusDenied = true;
      await poll();
      const { out, bad } = await examine();
      expect(bad).toContain('last run');
      expect(out).toContain('AccessDenied');
      expect(out).toContain('runbook failed-runs');
    });

    test('finds HubSpot down, by the stream that failed', async () => {
      // Longer than anybody waits: it is given up at once.
      desk.portal.change({ fault: () => ({ kind: 'status', status: 503, retryAfter: 3600 }) });
      await poll();
      const { out, bad } = await examine();
      expect(bad).toEqual(['HubSpot', 'streams']);
      expect(out).toContain('status 503 and a Retry-After of 3600 s');
    });

    test('finds one refused type', async () => {
      desk.portal.change({ typeRefusals: { e_visited_page: 'storage-locations' } });
      await poll();
      const { out, bad } = await examine();
      expect(bad).toEqual(['streams']);
      expect(out).toContain('1 of 2 not well: e_visited_page quarantined');
      expect(out).toMatch(/→ .* status --portal main; /);
      await desk.run(['quarantine', 'clear', '--stream', 'e_visited_page']);
    });

    test('finds dead letters', async () => {
      desk.portal.addEvents([event('', '{"no":"id"}')]);
      await poll();
      const { out, bad } = await examine();
      expect(bad).toEqual(['dead letters']);
      expect(out).toContain('1 waiting');
    });
  });
});
