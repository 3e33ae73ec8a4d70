import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openDesk, runAtDesk } from './desk.ts';

const HOUR_MS = 3_600_000;
const isoAgo = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString();
const visits = (count: number, agoMs: number) =>
  Array.from({ length: count }, (_, index) => ({
    eventType: 'e_visited_page',
    id: `v-${agoMs}-${index}`,
    occurredAt: Date.now() - agoMs - index,
  }));

describe('the command line', () => {
  test('tells verbs, exit statuses and examples in its help', async () => {
    const { status, out } = await runAtDesk(['--help']);
    expect(status).toBe(0);
    for (const word of [
      'doctor',
      'status',
      'tail',
      'backfill',
      'redrive',
      'watermark',
      'quarantine',
      'token',
    ])
      expect(out).toContain(word);
    expect(out).toContain('Exit status: 0 all is well');
    expect(out).toContain('Examples:');
  });

  test('ends with 2 where it cannot be understood', async () => {
    expect((await runAtDesk(['stat'])).status).toBe(2);
    const { status, err } = await runAtDesk(['watermark', 'set', '--stream', 'e', '--to', 'yesterday']);
    expect(status).toBe(2);
    expect(err).toContain('It must be ISO 8601 with its zone');
  });

  test('ends with 3 and a next step where no npm start runs', async () => {
    const { status, err } = await runAtDesk(['--local', '--running', `/nowhere/${randomUUID()}`, 'status']);
    expect(status).toBe(3);
    expect(err).toContain('→ Start one, or leave --local out');
  });
});

describe('infra/cli/main.ts', () => {
  test('ends its process with the exit status', () => {
    const main = fileURLToPath(new URL('../../infra/cli/main.ts', import.meta.url));
    const args = ['--import', 'tsx', main, '--local', '--running', '/nowhere', 'status'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toContain('No npm start runs here.');
  });
});

describe('status', () => {
  test('shows each stream, as a table and as JSON', async () => {
    await using desk = await openDesk({
      events: visits(3, 60_000),
      settings: { startFrom: isoAgo(HOUR_MS) },
    });
    await desk.stack.invoke('main');
    const { status, out } = await desk.run(['status']);
    expect(status).toBe(0);
    expect(out).toMatch(/npm start here \(process \d+\), portal main/);
    expect(out).toMatch(/e_visited_page.*current.*20\d\d-/);
    const rows = JSON.parse((await desk.run(['status', '--json'])).out);
    expect(rows).toHaveLength(2);
    expect(rows).toContainEqual(
      expect.objectContaining({
        stream: 'e_visited_page',
        state: 'current',
        lastEventAt: expect.any(String),
      }),
    );
  });
});

describe('watermark set', () => {
  test('says what will be repeated, asks, and moves it with a new revision', async () => {
    await using desk = await openDesk({ settings: { startFrom: isoAgo(HOUR_MS) } });
    await desk.stack.invoke('main');
    const to = isoAgo(2 * HOUR_MS);
    const set = ['watermark', 'set', '--stream', 'e_visited_page', '--to', to];
    const { status, out } = await desk.run(set, { answer: 'y' });
    expect({ status, out }).toEqual({ status: 0, out: expect.stringContaining('will be read again') });
    expect(out).toMatch(new RegExp(`Moved to ${to} \\(revision [2-9]\\)`));
    expect((await desk.run(['status'])).out).toContain(to);
  });

  test('changes nothing without a yes', async () => {
    await using desk = await openDesk();
    await desk.stack.invoke('main');
    const set = ['watermark', 'set', '--stream', 'e_visited_page', '--to', isoAgo(HOUR_MS)];
    expect(await desk.run(set, { answer: 'n' })).toMatchObject({
      status: 1,
      err: expect.stringContaining('Nothing was changed'),
    });
    expect(await desk.run(set)).toMatchObject({ status: 2, err: expect.stringContaining('→ Add --yes.') });
  });

  test('forward skips what lies between, for the poller too', async () => {
    const events = visits(5, 30 * 60_000);
    await using desk = await openDesk({
      events,
      behaviour: { fault: () => ({ kind: 'status', status: 400 }) },
      settings: { startFrom: isoAgo(HOUR_MS), eventTypes: ['e_visited_page'] },
    });
    await desk.stack.invoke('main');
    desk.portal.change({ fault: null });
    const set = ['watermark', 'set', '--stream', 'e_visited_page', '--to', isoAgo(60_000), '--yes'];
    expect((await desk.run(set)).out).toContain('will skip everything');
    expect((await desk.stack.invoke('main')).ok).toBe(true);
    expect(desk.stack.events()).toEqual([]);
  });

  test('names the streams there are where it is asked for another', async () => {
    await using desk = await openDesk();
    await desk.stack.invoke('main');
    const { status, err } = await desk.run(['watermark', 'set', '--stream', 'e_other', '--to', isoAgo(1000)]);
    expect(status).toBe(2);
    expect(err).toContain('found e_form_submission_v2, e_visited_page');
  });
});

describe('quarantine', () => {
  test('lists a refused stream with the reason, and clear has it tried again', async () => {
    await using desk = await openDesk({
      behaviour: { typeRefusals: { e_visited_page: 'storage-locations' } },
    });
    await desk.stack.invoke('main');
    const listed = await desk.run(['quarantine', 'list']);
    expect(listed.out).toMatch(/^e_visited_page: since .* HubSpot does not let this event type be read/);
    desk.portal.change({ typeRefusals: {} });
    expect((await desk.run(['quarantine', 'clear', '--stream', 'e_visited_page'])).status).toBe(0);
    await desk.stack.invoke('main');
    expect((await desk.run(['quarantine', 'list'])).out).toBe('No stream of portal main is quarantined.');
  });
});

describe('token set', () => {
  test('takes the token from standard input, and never shows it', async () => {
    await using desk = await openDesk({ stack: { secrets: {} } });
    expect((await desk.stack.invoke('main')).ok).toBe(false);
    const { status, out, err } = await desk.run(['token', 'set'], {
      stdin: 'pat-eu1-5f0e9a52-simulated-portal\n',
    });
    expect(status).toBe(0);
    expect(out + err).not.toContain('pat-');
    expect((await desk.stack.invoke('main')).ok).toBe(true);
  });

  test('refuses what is no token, without showing it', async () => {
    await using desk = await openDesk();
    const { status, err } = await desk.run(['token', 'set'], { stdin: 'my secret words' });
    expect(status).toBe(1);
    expect(err).not.toContain('my secret');
  });
});

describe('tail', () => {
  test('shows events that the rule matches as they land, without their properties', async () => {
    const at = Date.now() - 1000;
    const form = {
      eventType: 'e_form_submission_v2',
      id: 'f',
      occurredAt: at,
      properties: { email: 'a@b.c' },
    };
    await using desk = await openDesk({
      events: [...visits(2, 1000), form],
      settings: { startFrom: isoAgo(HOUR_MS) },
    });
    const rule = '{"detail-type":[{"prefix":"e_form"}]}';
    const tailing = desk.run(['tail', '--rule', rule, '--count', '1']);
    await desk.stack.invoke('main');
    const { status, out } = await tailing;
    expect(status).toBe(0);
    expect(out).toMatch(/^\S+Z e_form_submission_v2 hubspot:main:CONTACT\/1$/);
  });
});

describe('redrive', () => {
  test('shows reasons first, publishes what can be, keeps the rest', async () => {
    const poison = {
      eventType: 'e_visited_page',
      id: '',
      occurredAt: Date.now() - 1000,
      json: '{"no":"id"}',
    };
    let isRefusing = true;
    await using desk = await openDesk({
      events: [...visits(1, 2000), poison],
      settings: { startFrom: isoAgo(HOUR_MS) },
      stack: {
        failEntry: () =>
          isRefusing ? { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' } : undefined,
      },
    });
    await desk.stack.invoke('main');
    expect(desk.stack.deadLetters()).toHaveLength(2);
    isRefusing = false;
    const { status, out } = await desk.run(['redrive'], { answer: 'y' });
    expect(status).toBe(0);
    expect(out).toMatch(/1.*MalformedDetail.*EventBridge refused the event for good/);
    expect(out).toMatch(/1.*NotAnEvent.*has no id/);
    expect(out).toContain('Published 1 events');
    expect(desk.stack.events().map(({ detailType }) => detailType)).toEqual(['e_visited_page']);
    expect(desk.stack.deadLetters()).toHaveLength(1);
  });
});

describe('backfill', () => {
  const past = { from: isoAgo(3 * HOUR_MS), to: isoAgo(2 * HOUR_MS) };
  const window = ['--stream', 'e_visited_page', '--from', past.from, '--to', past.to];

  test('is asked for by the schedule’s own request, and watched to its end', async () => {
    await using desk = await openDesk({ events: visits(5, 2.5 * HOUR_MS) });
    await desk.stack.invoke('main');
    const { status, out } = await desk.run(['backfill', ...window], {
      onWait: () => desk.stack.invoke('main'),
    });
    expect(status).toBe(0);
    expect(out).toContain(`from ${past.from} to ${past.to} is accepted`);
    expect(out).toMatch(/100 % at .*, 5 published, .*\nThe backfill of e_visited_page is done\.$/);
    expect(desk.stack.events()).toHaveLength(5);
  });

  test('counts and changes nothing with --dry-run', async () => {
    await using desk = await openDesk({ events: visits(5, 2.5 * HOUR_MS) });
    await desk.stack.invoke('main');
    const { out } = await desk.run(['backfill', ...window, '--dry-run']);
    expect(out).toContain('HubSpot shows 5 events of e_visited_page in 1 pages. Nothing was changed.');
    expect((await desk.run(['backfill', '--stream', 'e_visited_page'])).err).toContain('has no backfill');
  });

  test('can be cancelled', async () => {
    await using desk = await openDesk();
    await desk.stack.invoke('main');
    let cancelled = '';
    const onWait = async () => {
      cancelled ||= (await desk.run(['backfill', '--stream', 'e_visited_page', '--cancel'])).out;
    };
    const { status } = await desk.run(['backfill', ...window], { onWait });
    expect(cancelled).toContain('is cancelled');
    expect(status).toBe(1);
  });
});
