import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { SIMULATED_TOKEN } from '../../infra/simulator/behaviour.ts';
import { type Desk, openDesk, runAtDesk } from './desk.ts';

const HOUR_MS = 3_600_000;
const isoAgo = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString();
const visits = (count: number, agoMs: number) =>
  Array.from({ length: count }, (_, index) => ({
    eventType: 'e_visited_page',
    id: `v-${agoMs}-${index}`,
    occurredAt: Date.now() - agoMs - index,
  }));

let desk: Desk;
let isRefusing = false;

beforeAll(async () => {
  desk = await openDesk({
    events: visits(3, 60_000),
    settings: { startFrom: isoAgo(HOUR_MS) },
    stack: {
      failEntry: () =>
        isRefusing ? { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' } : undefined,
    },
  });
  await desk.stack.invoke('main');
});
afterAll(() => desk[Symbol.asyncDispose]());

const stream = ['--stream', 'e_visited_page'];
const jsonOf = async (verb: readonly string[]): Promise<unknown> =>
  JSON.parse((await desk.run([...verb, '--json'])).out);

describe('the command line', () => {
  test('ends with 3 and names the file where the npm start of --running is no more', async () => {
    const file = join(desk.file, '../gone.json');
    writeFileSync(file, readFileSync(desk.file, 'utf8').replace(/"processId":\d+/, '"processId":4194305'));
    expect(await runAtDesk(['--running', file, 'status'])).toEqual({
      status: 3,
      out: '',
      err: `The npm start that announced itself in ${file} does not answer.\n→ Start it again, or leave --running out to have one found.`,
    });
  });

  test.each([
    ['/nowhere/running-1.json', 'no such file or directory: /nowhere/running-1.json'],
    ['', 'no such file or directory: ""'],
    ['/', 'illegal operation on a directory: /'],
    ['package.json', 'something else in package.json'],
    ['README.md', 'something else in README.md'],
  ])('refuses --running %j, and says what is wrong with it', async (file, found) => {
    expect(await runAtDesk(['status', '--running', file])).toMatchObject({
      status: 2,
      err: `--running: must be the file that an npm start announced itself in; found ${found}\n→ Leave --running out to have one found.`,
    });
  });

  test.each([
    ['status'],
    ['doctor'],
    ['redrive', '--yes'],
    ['tail', '--count', '1'],
    ['logs'],
    ['run', 'now'],
    ['backfill', 'list'],
    ['quarantine', 'list'],
    ['portal', 'list'],
    ['token', 'set'],
    ['backfill', ...stream, '--from', '-2h', '--to', '-1h'],
    ['watermark', 'set', ...stream, '--to', '-1h', '--yes'],
  ])('refuses an unknown portal, and lists those there are: %s %s', async (...verb) => {
    const { status, err } = await desk.run([...verb, '--portal', 'nope']);
    expect({ status, err }).toEqual({
      status: 2,
      err: expect.stringContaining('There is no portal nope in '),
    });
    expect(err).toContain('found main.');
  });

  test('says that npm start has ended, where it ends under a command', async () => {
    const { stack } = desk;
    const { status, err } = await desk.run(['status', '--watch'], {
      onWait: () => Promise.reject(new Error('fetch failed')),
    });
    // The stack is there: then it is the failure itself that is told.
    expect({ status, err }).toEqual({ status: 1, err: expect.stringContaining('Error: fetch failed') });
    expect(stack.portals).toEqual(['main']);
    await using other = await openDesk();
    const ended = await other.run(['status', '--watch'], { onWait: () => other.leave() });
    expect(ended).toMatchObject({
      status: 3,
      err: expect.stringMatching(/The npm start here .* has ended\./),
    });
  });
});

test('--version tells that of the package', async () => {
  expect(await runAtDesk(['--version'])).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+/),
  });
});

describe('an empty name', () => {
  test.each([
    [
      ['status', '--portal', ''],
      "'--portal <name>' argument '' is invalid. must be a name; found an empty text",
    ],
    [
      ['status', '--stack', ''],
      "'--stack <name>' argument '' is invalid. must be a name; found an empty text",
    ],
    [['quarantine', 'clear', '--stream', ''], '--stream: must name a stream; found ""'],
    [['logs', '--stream', ''], '--stream: must name a stream; found ""'],
    [['portal', 'pause', ''], '<name>: must name a portal; found ""'],
    [['portal', 'remove', ''], '<name>: must name a portal; found ""'],
    [['runbook', ''], '[article]: must name an article; found ""'],
  ])('is refused: %j', async (verb, told) => {
    const { status, err } = await desk.run(verb);
    expect({ status, err }).toEqual({ status: 2, err: expect.stringContaining(told) });
  });
});

describe('policy', () => {
  test('is of a stack: an npm start has none', async () => {
    expect(await desk.run(['policy'])).toEqual({
      status: 2,
      out: '',
      err: 'An npm start has no stack that a policy could be for.\n→ Leave --local out, and name the stack with --stack.',
    });
  });
});

describe('runbook', () => {
  test('shows an article by the name of its link, and lists them all', async () => {
    const list = (await desk.run(['runbook'])).out;
    expect(list).toMatch(/^article +about\n/);
    expect(list).not.toMatch(/\t|^(\S+) +\1$/m);
    const { out: lines } = await desk.run(['runbook'], { columns: undefined });
    expect(lines).toMatch(/^article\tabout\n/);
    expect(lines).toMatch(/^not-running\tin three of five ticks no run/m);
    const { out } = await desk.run(['runbook', '#redrive-dead-letters']);
    expect(out).toMatch(/^## Redrive dead letters\n/);
    expect(out).not.toMatch(/\n## /);
    expect(await desk.run(['runbook', 'nonsense'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('has no article nonsense: found what-rings-when,'),
    });
  });
});

describe('--json', () => {
  test('of status holds the portals, and the streams of the one that is looked at', async () => {
    expect(await jsonOf(['status'])).toEqual({
      target: expect.stringMatching(/^npm start here/),
      portals: [expect.objectContaining({ portal: 'main', state: 'current', streams: 2, code: null })],
      streams: [
        expect.objectContaining({ stream: 'e_visited_page', state: 'current', reason: null }),
        expect.objectContaining({ stream: 'e_form_submission_v2', lastEventAt: null }),
      ],
    });
  });

  test.each([
    [['doctor'], ['portal', 'check', 'state', 'text', 'nextStep']],
    [
      ['run', 'now'],
      ['portal', 'outcome', 'lagSeconds', 'streams', 'streamsFailing', 'eventsRead'],
    ],
    [
      ['portal', 'list'],
      ['portal', 'state', 'lagSeconds', 'streams', 'streamsFailing', 'furthestBehind'],
    ],
    [
      ['backfill', '--dry-run', ...stream, '--from', '-2h', '--to', '-1h'],
      ['stream', 'from', 'to', 'events', 'pages', 'countedTo', 'isWhole'],
    ],
  ])('of %s has a row of these keys first, and through a pipe a line that names them', async (verb, keys) => {
    const rows = z.array(z.record(z.string(), z.unknown())).parse(await jsonOf(verb));
    expect(Object.keys(rows[0] ?? {}).slice(0, keys.length)).toEqual(keys);
    const { out } = await desk.run(verb, { columns: undefined });
    const [head = '', first = ''] = out.split('\n');
    expect(head.split('\t')).toEqual(Object.keys(rows[0] ?? {}));
    expect(first.split('\t')).toHaveLength(head.split('\t').length);
  });

  test('of lists with nothing in them is an empty list', async () => {
    expect(await jsonOf(['quarantine', 'list'])).toEqual([]);
    expect(await jsonOf(['redrive'])).toEqual([]);
  });

  test.each([
    [['quarantine', 'list'], 'portal\tstream\tsince'],
    [['backfill', 'list'], 'portal\tstream\tfrom'],
    [['redrive', '--dry-run'], 'letters\tpublishable'],
    [['redrive'], 'letters\tpublishable'],
  ])(
    'is left out: then %s with nothing to list writes the line that names the columns',
    async (verb, head) => {
      const { status, out } = await desk.run(verb, { columns: undefined });
      expect({ status, out }).toEqual({ status: 0, out: expect.stringContaining(head) });
      expect(out).not.toContain('\n');
    },
  );

  test.each([
    [['doctor', '--portal', 'nope'], 2],
    [['backfill', ...stream], 1],
  ])('is left out: then %s, which fails, writes none', async (verb, status) => {
    expect(await desk.run(verb, { columns: undefined })).toMatchObject({ status, out: '' });
  });

  test('of logs is the lines themselves', async () => {
    const { out } = await desk.run(['logs', '--json']);
    expect(out.split('\n').map((line) => JSON.parse(line).message)).toContain('Run');
  });
});

describe('watermark set', () => {
  const set = (to: string, ...more: string[]) => ['watermark', 'set', ...stream, '--to', to, ...more];

  test('says what will be repeated, asks, and moves it', async () => {
    const { status, out } = await desk.run(set('-2h'), { answers: [true] });
    expect({ status, out }).toEqual({ status: 0, out: expect.stringContaining('will be read again') });
    const [, to] = /Moved to (\S+)Z\./.exec(out) ?? [];
    expect((await desk.run(['status'], { columns: undefined })).out).toContain(to);
    await desk.stack.invoke('main');
  });

  test('changes nothing without a yes', async () => {
    expect(await desk.run(set('-1h'), { answers: [false] })).toMatchObject({
      status: 1,
      err: 'Nothing was changed.',
    });
    expect(await desk.run(set('-1h'))).toMatchObject({
      status: 2,
      err: expect.stringContaining('→ Add --yes.'),
    });
  });

  test('forward skips what lies between, for the poller too', async () => {
    const before = desk.stack.events().length;
    await desk.run(set('-3h', '--yes'));
    desk.portal.addEvents(visits(5, 2.5 * HOUR_MS));
    expect((await desk.run(set('-1m', '--yes'))).out).toContain('will skip everything');
    expect((await desk.stack.invoke('main')).ok).toBe(true);
    expect(desk.stack.events()).toHaveLength(before);
  });

  test.each([
    [['--stream', 'e_other', '--to', '-1s'], 'found e_form_submission_v2, e_visited_page'],
    [[...stream, '--to', '2999-01-01'], '--to must lie in the past; found 2999-01-01T00:00:00Z, and it is '],
    [[...stream, '--to', 'yesterday'], '--to: must be an instant such as'],
  ])('refuses %s', async (flags, text) => {
    const { status, err } = await desk.run(['watermark', 'set', ...flags, '--yes']);
    expect({ status, err }).toEqual({ status: 2, err: expect.stringContaining(text) });
  });
});

describe('quarantine', () => {
  test('lists a refused stream with the reason, and clear has it tried again', async () => {
    desk.portal.change({ typeRefusals: { e_visited_page: 'storage-locations' } });
    await desk.stack.invoke('main');
    expect(await jsonOf(['quarantine', 'list'])).toEqual([
      expect.objectContaining({ stream: 'e_visited_page', reason: expect.stringContaining('be read') }),
    ]);
    const { out } = await desk.run(['quarantine', 'list']);
    expect(out).toMatch(/^portal +stream +since +tried again\nmain +e_visited_page( +\S+Z){2}\n/);
    expect(out).toMatch(/be read.*It is tried again after half an hour, then once a day\.$/);
    expect((await desk.run(['status'])).status).toBe(1);
    desk.portal.change({ typeRefusals: {} });
    expect((await desk.run(['quarantine', 'clear', ...stream])).status).toBe(0);
    await desk.stack.invoke('main');
    expect(await jsonOf(['quarantine', 'list'])).toEqual([]);
    expect((await desk.run(['quarantine', 'clear', ...stream])).err).toContain('is not quarantined');
  });
});

describe('token set', () => {
  const setToken = (text: string, ...more: string[]) =>
    desk.run(['token', 'set', ...more], { stdin: `${text}\n` });

  test('stores what HubSpot takes, and never shows it', async () => {
    desk.portal.setTokens(['pat-eu1-new']);
    const { status, out, err } = await setToken('pat-eu1-new');
    expect(status).toBe(0);
    expect(out).toContain('lists 2 event types and lets events be read');
    expect(out + err).not.toContain('pat-');
    expect((await desk.stack.invoke('main')).ok).toBe(true);
  });

  test.each([
    ['HubSpot refuses it', {}, 'pat-eu1-other', 'refused it twice'],
    ['a scope is missing', { accountRefusal: 'missing-scopes' }, 'pat-eu1-new', 'lacks the scopes'],
    [
      'the plan lacks the API',
      { accountRefusal: 'missing-plan' },
      'pat-eu1-new',
      'needs the Enterprise tier',
    ],
    ['it is no token', {}, 'my secret words', 'spaces or line breaks'],
  ] as const)('stores nothing where %s', async (_, behaviour, text, sentence) => {
    desk.portal.change(behaviour);
    const { status, out, err } = await setToken(text);
    desk.portal.change({ accountRefusal: null });
    expect({ status, err }).toEqual({ status: 1, err: expect.stringContaining(sentence) });
    expect(out + err).not.toContain(text);
    expect(err).not.toContain('into the secret');
    expect((await desk.stack.invoke('main')).ok).toBe(true);
  });

  test('stores it unseen by HubSpot with --unchecked alone', async () => {
    desk.portal.setTokens([SIMULATED_TOKEN]);
    desk.portal.change({ fault: () => ({ kind: 'status', status: 503, retryAfter: 3600 }) });
    expect((await setToken(SIMULATED_TOKEN)).err).toContain('or add --unchecked');
    expect((await setToken(SIMULATED_TOKEN, '--unchecked')).status).toBe(0);
    desk.portal.change({ fault: null });
    expect((await desk.stack.invoke('main')).ok).toBe(true);
  });
});

describe('redrive', () => {
  test('hides no letter from others, publishes what can be, keeps the rest', async () => {
    desk.portal.addEvents([
      ...visits(1, 2000),
      { eventType: 'e_visited_page', id: '', occurredAt: Date.now() - 1000, json: '{"no":"id"}' },
    ]);
    isRefusing = true;
    await desk.stack.invoke('main');
    isRefusing = false;
    expect(desk.stack.deadLetters()).toHaveLength(2);
    const groups = [
      { letters: 1, publishable: 1, portal: 'main', code: 'MalformedDetail', reason: expect.any(String) },
      { letters: 1, publishable: 0, portal: 'main', code: 'NotAnEvent', reason: expect.any(String) },
    ];
    const sorted = async () =>
      z.array(z.looseObject({ code: z.string() })).parse(await jsonOf(['redrive', '--dry-run']));
    // Twice: the second look finds them all again.
    for (const _ of [1, 2])
      expect((await sorted()).sort((a, b) => a.code.localeCompare(b.code))).toEqual(groups);
    expect((await desk.run(['redrive'], { answers: [false] })).err).toBe('Nothing was changed.');
    expect((await desk.run(['doctor'])).out).toContain('2 waiting');
    const before = desk.stack.events().length;
    const { status, out, err } = await desk.run(['redrive'], { answers: [true] });
    expect({ status, out }).toEqual({ status: 1, out: expect.stringContaining('Published 1 event,') });
    expect(err).toMatch(/^1 letter that can't be published stays .*\n→ .* redrive --discard deletes it$/);
    expect(desk.stack.events()).toHaveLength(before + 1);
    expect(desk.stack.deadLetters()).toHaveLength(1);
  });

  test('deletes what cannot be published with --discard alone', async () => {
    const { status, out } = await desk.run(['redrive', '--discard', '--yes']);
    expect({ status, out }).toEqual({ status: 0, out: expect.stringContaining('Deleted 1 letter.') });
    expect(desk.stack.deadLetters()).toEqual([]);
  });
});

describe('backfill', () => {
  const window = ['backfill', ...stream, '--from', '-4h', '--to', '-3h'];

  test('is asked for by the schedule’s own request, and watched to its end', async () => {
    desk.portal.addEvents(visits(5, 3.5 * HOUR_MS));
    const before = desk.stack.events().length;
    const { status, out } = await desk.run(window, { onWait: () => desk.stack.invoke('main') });
    expect(status).toBe(0);
    expect(out).toMatch(/^░{24} {3}0 % {2}0 events\nat \S+ of \S+\nwaits for the next run, in at most/);
    expect(out).toMatch(
      /█{24} 100 % {2}5 events .*\n[^\n]*\nThe backfill of e_visited_page is done: 5 events/,
    );
    expect(desk.stack.events()).toHaveLength(before + 5);
    expect(await jsonOf(['backfill', 'list'])).toEqual([
      expect.objectContaining({ stream: 'e_visited_page', share: 1, eventsPublished: 5, error: null }),
    ]);
  });

  test('counts and changes nothing with --dry-run', async () => {
    const { out } = await desk.run([...window, '--dry-run']);
    expect(out).toContain('HubSpot shows 5 events in 1 page of e_visited_page. Nothing was changed.');
  });

  test('that has ended cannot be cancelled, and stays in the list', async () => {
    expect(await desk.run(['backfill', ...stream, '--cancel'])).toMatchObject({
      status: 1,
      err: expect.stringContaining('it must be under way, found that it ended at'),
    });
    expect(await jsonOf(['backfill', 'list'])).toHaveLength(1);
  });

  test('can be cancelled', async () => {
    const asked = await desk.run(window, {
      onWait: async () => {
        expect((await desk.run(['backfill', ...stream, '--cancel'])).out).toContain('is cancelled');
      },
    });
    expect(asked).toMatchObject({ status: 1, err: expect.stringContaining('has no backfill') });
  });

  test.each([
    [['--from', '-1h', '--to', '-2h'], '--from must lie before --to'],
    [['--from', '2026-02-30', '--to', 'now'], '--from: must be an instant'],
    [['--from', '-1h', '--to', '2999-01-01'], '--to must lie in the past'],
    [['--from', '-1h'], 'A backfill needs both ends'],
    [['--stream', 'e_other', '--from', '-2h', '--to', '-1h'], 'has no stream e_other: found e_form'],
  ])('refuses %s before anything is asked', async (flags, text) => {
    const requests = desk.portal.requestCount();
    const { status, err } = await desk.run(['backfill', ...stream, ...flags]);
    expect({ status, err }).toEqual({ status: 2, err: expect.stringContaining(text) });
    expect(desk.portal.requestCount()).toBe(requests);
  });
});

describe('tail', () => {
  test('shows events that the rule matches as they land, without their properties', async () => {
    const form = {
      eventType: 'e_form_submission_v2',
      id: 'f',
      occurredAt: Date.now(),
      properties: { email: 'a@b.c' },
    };
    desk.portal.addEvents([...visits(2, 500), form]);
    const rule = '{"detail-type":[{"prefix":"e_form"}]}';
    const tailing = desk.run(['tail', '--rule', rule, '--count', '1']);
    await desk.stack.invoke('main');
    const { status, out } = await tailing;
    expect(status).toBe(0);
    expect(out).toMatch(/^\S+Z {2}e_form_submission_v2 {2}hubspot:main:CONTACT\/1$/);
  });
});

describe('portal pause', () => {
  test('stops the schedule, and resume turns it on', async () => {
    const paused = await desk.run(['portal', 'pause', 'main']);
    expect(paused).toMatchObject({ status: 0, out: expect.stringContaining('is paused') });
    expect((await desk.run(['doctor'])).out).toMatch(/✗ schedule +is off\n +→ .* portal resume main/);
    expect((await desk.run(['portal', 'resume', 'main'])).out).toContain('is polled again');
    expect((await desk.run(['portal', 'resume', 'main'])).out).toContain('already');
  });
});

describe('flags that do not go together, or name nothing', () => {
  const cancel = ['backfill', ...stream, '--cancel'];
  test.each([
    [['portal', 'pause', 'other', '--portal', 'main'], 'Which portal is meant, main or other?'],
    [['portal', 'remove', 'other', '--portal', 'main'], 'Which portal is meant, main or other?'],
    [['portal', 'add', 'other', '--portal', 'main'], 'Which portal is meant, main or other?'],
    [[...cancel, '--from', '-1h', '--to', 'now'], '--cancel ends the backfill that is under way'],
    [[...cancel, '--dry-run'], '--cancel ends the backfill that is under way'],
    [['redrive', '--dry-run', '--discard'], '--dry-run deletes nothing'],
    [['logs', '--from', '2999-01-01'], 'Give --from an instant before now'],
    [['logs', '--stream', 'nope'], 'has no stream nope: found e_form'],
  ])('are refused: %s', async (verb, text) => {
    const { status, err } = await desk.run(verb, { columns: undefined });
    expect({ status, err }).toEqual({ status: 2, err: expect.stringContaining(text) });
  });

  test('are told from those that do: a portal named twice', async () => {
    expect((await desk.run(['portal', 'resume', 'main', '--portal', 'main'])).status).toBe(0);
  });
});
