import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../infra/local/command/command.ts';
import { askRunning, findRunning, type Running } from '../../infra/local/control/announcement.ts';
import { stackSchema } from '../../infra/local/control/control.ts';
import { describeOldNode } from '../../infra/local/node-version.ts';
import { createOpened } from '../../infra/local/opened.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where a start from the repository's root announces itself. */
const OWN_STATE = join(ROOT, '.local-state');
const opened = createOpened();
afterEach(opened.close);

interface Started {
  readonly child: ChildProcess;
  /** All that was written so far, of both streams. */
  readonly output: () => string;
  /** Resolves with the first line that matches. */
  readonly line: (pattern: RegExp) => Promise<string>;
  readonly ended: Promise<number | null>;
}

/** The command of `npm start`, as npm runs it. */
function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Started {
  const { HUBSPOT_ACCESS_TOKEN: _token, AWS_ENDPOINT_URL_DYNAMODB: _url, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', 'infra/local/start.ts', ...args], {
    cwd: ROOT,
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  opened.add(() => {
    child.kill('SIGKILL');
    return ended;
  });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  }
  const line = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = output.split('\n').find((each) => pattern.test(each));
        if (found !== undefined) resolve(found);
      };
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`It ended before a line matched ${pattern}:\n${output}`)));
    });
  return { child, output: () => output, line, ended };
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'start-'));
  opened.add(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** The same command in this process, without a terminal; it announces itself in `announceIn`. */
async function runHere(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  announceIn = join(temporaryDirectory(), 'state'),
) {
  const lines: string[] = [];
  const errors: string[] = [];
  const io = {
    environment,
    write: (line: string) => lines.push(line),
    writeError: (text: string) => errors.push(text),
    terminal: undefined,
    announceIn,
  };
  const status = await runCommand(args, io, () => ({ dispose: () => undefined }));
  return { status, lines, errors: errors.join('\n') };
}

/** Has it poll, and so write lines of what is new, until it is no more. */
async function pollUntilEnded({ ended }: Started, running: Running): Promise<void> {
  const { portals } = stackSchema.parse(await (await askRunning(running, 'stack')).json());
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    const body = portals['main'] ?? '';
    // The last of them meets its end.
    await askRunning(running, 'invoke', { method: 'POST', body }).catch(() => ended);
  }
}

const RUN_LINE = /^\d\d:\d\d:\d\d portal=main lag=\S+ published=(\d+) read=\d+ duplicates=(\d+) /;

describe('npm start', () => {
  test('--once polls once: events, then one line with the lag, and status 0', async () => {
    const { status, lines, errors } = await runHere(['--once']);
    expect(status, errors).toBe(0);
    expect(lines[0]).toMatch(
      / polling a simulated HubSpot portal at http:\/\/127\.0\.0\.1:\d+ every 10s; state in memory$/,
    );
    const published = Number(RUN_LINE.exec(lines.at(-1) ?? '')?.[1]);
    expect(published).toBeGreaterThan(100);
    const events = lines.filter((line) =>
      / event \S+ occurredAt=\S+ hubspot:main:CONTACT\/\d+ bus=hubspot-events$/.test(line),
    );
    expect(events).toHaveLength(20);
    expect(lines.at(-2)).toContain(`… and ${published - 20} events more`);
  });

  test('SIGINT ends it with status 0; --state goes on from there, and is for one process at a time', async () => {
    const directory = join(temporaryDirectory(), 'a/state');
    const first = start(['--state', directory, '--no-page']);
    await first.line(RUN_LINE);
    const second = await runHere(['--once', '--state', directory]);
    expect(second).toMatchObject({ status: 1, lines: [] });
    expect(second.errors).toMatch(
      /^Opening the state directory: no other process may use .*, found process \d+$/,
    );
    first.child.kill('SIGINT');
    expect(await first.ended, first.output()).toBe(0);
    expect(first.output()).toMatch(/ Ending\b/);
    expect(first.output()).not.toContain('key=');
    const third = await runHere(['--once', '--state', directory]);
    expect(third.status, third.errors).toBe(0);
    const [, published, duplicates] = RUN_LINE.exec(third.lines.at(-1) ?? '') ?? [];
    expect(Number(duplicates)).toBeGreaterThan(100);
    expect(Number(published)).toBeLessThan(100);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  test('two in one folder are found both; one that ends, or polls once, takes no announcement but its own', async () => {
    const one = start(['--rule', '{"source":["hubspot.events"]}']);
    await one.line(RUN_LINE);
    const mine = async () =>
      (await findRunning(OWN_STATE)).filter(({ processId }) => processId === one.child.pid);
    const [announced] = await mine();
    if (announced === undefined) throw new Error('The start must be found by its announcement');
    expect(announced.about).toMatch(/^a simulated HubSpot portal at .*; state in memory$/);
    expect((await runHere(['--once'], {}, OWN_STATE)).status).toBe(0);
    expect(await mine()).toEqual([announced]);
    const followed = (await askRunning(announced, 'events')).text();
    // Whoever read its lines goes, as with `npm start | head`; the next line that it writes ends it.
    one.child.stdout?.destroy();
    await pollUntilEnded(one, announced);
    expect(await one.ended, one.output()).toBe(0);
    expect(one.output()).not.toMatch(/EPIPE|\n +at /);
    expect(
      one.output().match(/ see it and break it at http:\/\/127\.0\.0\.1:\d+\/\?key=[\w-]{32}$/gm),
    ).toHaveLength(1);
    // Whoever follows its events sees their end, not a broken connection.
    await expect(followed).resolves.toContain('"source":"hubspot.events"');
    expect(existsSync(announced.file)).toBe(false);
  });

  test('--portals polls as many portals, each with events of its own', async () => {
    const { status, lines, errors } = await runHere(['--once', '--portals', '3']);
    expect(status, errors).toBe(0);
    const runs = lines.join('\n').matchAll(/portal=(\S+) lag=\S+ published=(\d+) .* failing=0 /g);
    const published = new Map([...runs].map(([, name = '', count]) => [name, Number(count)]));
    expect([...published.keys()].sort()).toEqual(['portal-01', 'portal-02', 'portal-03']);
    expect(Math.min(...published.values())).toBeGreaterThan(50);
    expect(new Set(published.values()).size).toBeGreaterThan(1);
  });

  test('--rule shows only events that match', async () => {
    const rule = '{"detail-type":["e_visited_page"],"detail":{"metadata":{"pass":["live"]}}}';
    const { status, lines, errors } = await runHere(['--once', '--rule', rule]);
    expect(status, errors).toBe(0);
    const events = lines.filter((line) => line.includes(' event '));
    expect(events.length).toBeGreaterThan(20);
    expect(events.filter((line) => !line.includes(' event e_visited_page '))).toEqual([]);
  });

  test.each([
    [
      ['--rule', '{"source":"hubspot.events"}'],
      'Reading the event pattern: source must be an object, or an array',
    ],
    [['--state', ''], 'must name a folder; found an empty text'],
    [['--portals', '0'], 'must be a whole number from 1 to 50; found 0'],
  ])('%j is told what is wrong with it, and ends with status 2', async (args, sentence) => {
    const { status, errors } = await runHere(args);
    expect([status, errors]).toEqual([2, expect.stringContaining(sentence)]);
  });

  test.each(['/proc/x', '/proc/x/y', '/dev/null', '/dev/null/x'])(
    '--state %s cannot be a folder: a sentence, and status 1',
    async (directory) => {
      const { status, errors } = await runHere(['--once', '--state', directory]);
      expect([status, errors]).toEqual([
        1,
        expect.stringMatching(
          /^Opening the state directory: \S+ must be a folder that can be written, found that the system refuses it: [a-z ]+ \([A-Z]+\)$/,
        ),
      ]);
    },
  );

  test('a DynamoDB that is out of reach is one line, without the token, and status 1', async () => {
    const nowhere = 'http://127.0.0.1:9';
    const { status, lines, errors } = await runHere(['--once'], {
      HUBSPOT_ACCESS_TOKEN: 'pat-test',
      AWS_ENDPOINT_URL_DYNAMODB: nowhere,
    });
    expect([status, lines]).toEqual([1, []]);
    expect(errors).toMatch(
      /^Creating the table: the DynamoDB at http:\/\/127\.0\.0\.1:9 must do it, found [^\n]*$/,
    );
    expect(errors).not.toContain('pat-test');
  });

  test('--help names every flag', async () => {
    const { status, lines } = await runHere(['--help']);
    expect(status).toBe(0);
    for (const flag of [
      '--once',
      '--rule <pattern>',
      '--state <dir>',
      '--portals <count>',
      '--every <seconds>',
      '--open',
      '--no-page',
      '--help',
    ])
      expect(lines.join('\n')).toContain(flag);
  });
});

test.each([
  ['v20.20.2', /^Node 22\.19 or newer is needed, found v20\.20\.2\./],
  ['v22.18.0', /found v22\.18\.0/],
  ['v22.19.0', undefined],
  ['v24.0.0', undefined],
])('Node %s is judged by its version', (version, expected) => {
  const sentence = describeOldNode(version);
  if (expected === undefined) expect(sentence).toBeUndefined();
  else expect(sentence).toMatch(expected);
});
