/**
 * What each verb shows, right and wrong, on a terminal of 80 columns and through a pipe: kept in the folders beside.
 * `npx vitest run test/cli/terminal -u` writes them anew. Both work on a deployed stack.
 */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SIMULATED_TOKEN } from '../../../infra/simulator/behaviour.ts';
import { type Account, openAccount } from '../account/account.ts';
import { type Desk, openDesk } from '../desk.ts';
import { runInTerminal } from './terminal.ts';

const HOUR_MS = 3_600_000;
const SETTINGS = '{"pollSeconds":300}';
let desk: Desk;
let account: Account;

/** Three visits, one event that is none, a type that HubSpot refuses, and visits of long ago for a backfill. */
beforeAll(async () => {
  const now = Date.now();
  const visit = (id: string, agoMs: number) => ({ eventType: 'e_visited_page', id, occurredAt: now - agoMs });
  desk = await openDesk({
    settings: { startFrom: new Date(now - 3.5 * HOUR_MS).toISOString() },
    behaviour: { typeRefusals: { e_form_submission_v2: 'storage-locations' } },
    events: [
      visit('v1', 60_000),
      visit('v2', 61_000),
      { ...visit('', 62_000), json: '{"no":"id"}' },
      ...Array.from({ length: 40 }, (_, index) => visit(`old${index}`, 5 * HOUR_MS + index)),
    ],
  });
  await desk.stack.invoke('main');
  account = await openAccount(desk);
});
afterAll(async () => {
  await account[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});

const visits = ['--stream', 'e_visited_page'];

/** What shows and changes nothing, the same on both. */
const LOOKS = [
  ['--help'],
  ['statuss'],
  ['backfill', '--help'],
  ['doctor'],
  ['status'],
  ['status', '--stack', 'Nowhere'],
  ['status', '--stack', 'Other'],
  ['status', '--portal', 'nope'],
  ['logs', '--portal', 'main'],
  ['logs', '--code', 'hubspot-type-refused'],
  ['logs', '--code', 'nonsense'],
  ['run', 'now'],
  ['run', 'now', '--portal', 'nope'],
  ['backfill', ...visits, '--from', '-6h', '--to', '-4h', '--dry-run'],
  ['backfill', ...visits, '--from', '-1h', '--to', '-3h'],
  ['backfill', ...visits, '--from', '2026-02-30', '--to', 'now'],
  ['backfill', '--from', '-1h', '--to', 'now'],
  ['backfill', ...visits],
  ['backfill', ...visits, '--cancel'],
  ['redrive', '--dry-run'],
  ['redrive', '--portal', 'nope'],
  ['quarantine', 'list'],
  ['quarantine', 'clear', ...visits],
  ['watermark', 'set', ...visits, '--to', '2999-01-01'],
  ['watermark', 'set', '--stream', 'e_other', '--to', '-1h'],
  ['tail', '--rule', '{"detail-type":"x"}'],
  ['portal', 'list'],
  ['portal', 'add', 'Acme', '--settings', '{"pageSize":0}'],
  ['portal', 'remove', 'main', '--yes'],
  ['portal', 'pause', 'nope'],
  ['policy', '--read-only'],
  ['runbook', 'dead-letters'],
  ['runbook', 'nonsense'],
];

/** What people do at a terminal, with what they answer. */
const DEEDS = [
  ['backfill', ...visits, '--from', '-6h', '--to', '-4h'],
  ['backfill', 'list'],
  ['watermark', 'set', ...visits, '--to', '-2h'],
  ['watermark', 'set', ...visits, '--to', '-2h'],
  ['redrive', '--discard'],
  ['redrive', '--discard'],
  ['redrive'],
  ['token', 'set'],
  ['token', 'set'],
  ['portal', 'add', 'acme', '--settings', SETTINGS],
  ['portal', 'list'],
  ['portal', 'pause', 'acme'],
  ['portal', 'resume', 'acme'],
  ['portal', 'remove', 'acme'],
  ['portal', 'add', 'acme'],
  ['quarantine', 'clear', '--stream', 'e_form_submission_v2', '--portal', 'main'],
  ['tail', '--count', '1'],
];

/** What asks, where nobody is there to answer. */
const QUESTIONS = [
  ['watermark', 'set', ...visits, '--to', '-2h'],
  ['redrive', '--discard'],
  ['token', 'set'],
];

describe('through a pipe', () => {
  test('each verb writes what the transcript holds', async () => {
    const driver = fileURLToPath(new URL('driver.ts', import.meta.url));
    const commands = [...LOOKS, ...QUESTIONS];
    // Both in one pipe, in the order that they were written.
    const child = spawn('sh', ['-c', '"$@" 2>&1', 'sh', process.execPath, driver, JSON.stringify(commands)], {
      env: { ...process.env, ...account.environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const shown = await text(child.stdout);
    expect(shown).not.toMatch(/\n\s+at /);
    await expectTranscripts('pipe', shown);
  });
});

describe('on a terminal of 80 columns', () => {
  test('each verb shows what the transcript holds, and no line is broken', async () => {
    const terminal = runInTerminal([...LOOKS, ...DEEDS], { environment: account.environment });
    /** Each question is shown again with its answer: the next is that of another command. */
    const answer = async (question: string, keys: string) => {
      await terminal.until(question);
      terminal.type(keys);
      await terminal.until('[exit ');
    };
    await terminal.until('waits for the next run');
    await desk.stack.invoke('main');
    await answer('Move the watermark?', 'y');
    await answer('Move the watermark?', '\x03');
    await answer("that can't be published?", 'n');
    await answer("that can't be published?", 'y');
    await answer('HubSpot token of portal main', 'pat-wrong\r');
    await answer('HubSpot token of portal main', `${SIMULATED_TOKEN}\r`);
    await answer('Remove portal acme', 'y');
    await terminal.until('events of bus');
    desk.portal.addEvents([{ eventType: 'e_visited_page', id: 'late', occurredAt: Date.now() }]);
    await account.tailed();
    await desk.stack.invoke('main');
    expect(await terminal.ended).toBe(0);
    const shown = terminal.text();
    expect(shown).not.toContain(SIMULATED_TOKEN);
    expect(shown).not.toContain('pat-wrong');
    expect(account.tails()).toEqual([]);
    await expectTranscripts('80-columns', shown);
  });
});

/** Splits what was shown by its verbs, and compares each part with its file. */
async function expectTranscripts(folder: string, shown: string): Promise<void> {
  const parts = shown.split(/^(?=\$ npm run events -- )/m);
  const byVerb = Map.groupBy(
    parts,
    (part) => /^\$ npm run events -- (?:--)?(\w+)/.exec(part)?.[1] ?? 'start',
  );
  for (const [verb, all] of byVerb) {
    await expect.soft(`${normalise(all.join('')).trimEnd()}\n`).toMatchFileSnapshot(`${folder}/${verb}.txt`);
  }
}

/** What another day or machine shows otherwise. */
function normalise(shown: string): string {
  return shown
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?/g, '<instant>')
    .replace(/\b\d+m \d+s\b|\b\d+\.\d+s\b|\b\d+s\b|\b\d+ hours?\b/g, '<time>')
    .replace(/\t\d+(\.\d+)?(?=\t)/g, '\t<n>')
    .replace(/127\.0\.0\.1:\d+/g, '<host>')
    .replace(/\d[\d,]* of 650,000/g, '<n> of 650,000')
    .replace(/[\d,]+\/s/g, '<n>/s')
    .replace(/correlationId \S+/g, 'correlationId <id>')
    .replace(/in \d+ requests?/g, 'in <n> requests')
    .replace(/\d+ requests? made/g, '<n> requests made')
    .replace(/(?<=\S) {2,}/g, '  ')
    .replace(/ +$/gm, '');
}
