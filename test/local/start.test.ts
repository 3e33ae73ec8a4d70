import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { describeOldNode } from '../../infra/local/node-version.ts';
import { createOpened } from '../../infra/local/opened.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
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

async function stateDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'state-'));
  opened.add(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'state');
}

const RUN_LINE = /^\d\d:\d\d:\d\d portal=main lag=\S+ published=(\d+) read=\d+ duplicates=(\d+) /;

describe('npm start', () => {
  test('--once polls once: events, then one line with the lag, and status 0', async () => {
    const { ended, output } = start(['--once']);
    expect(await ended, output()).toBe(0);
    const lines = output().trimEnd().split('\n');
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

  test('SIGTERM ends it cleanly, with status 0', async () => {
    const { child, ended, line, output } = start([]);
    await line(RUN_LINE);
    child.kill('SIGTERM');
    expect(await ended, output()).toBe(0);
    expect(
      output().match(/ see it and break it at http:\/\/127\.0\.0\.1:\d+\/\?key=[\w-]{32}$/gm),
    ).toHaveLength(1);
  });

  test('SIGINT ends it cleanly; --state goes on from there, and is for one process at a time', async () => {
    const directory = await stateDirectory();
    const first = start(['--state', directory, '--no-page']);
    await first.line(RUN_LINE);
    const second = start(['--once', '--state', directory]);
    expect(await second.ended).toBe(1);
    expect(second.output()).toMatch(
      /^Opening the state directory: no other process may use .*, found process \d+\n$/,
    );
    first.child.kill('SIGINT');
    expect(await first.ended, first.output()).toBe(0);
    expect(first.output()).not.toContain('key=');
    const third = start(['--once', '--state', directory]);
    expect(await third.ended, third.output()).toBe(0);
    const [, published, duplicates] = RUN_LINE.exec(third.output().trimEnd().split('\n').at(-1) ?? '') ?? [];
    expect(Number(duplicates)).toBeGreaterThan(100);
    expect(Number(published)).toBeLessThan(100);
  });

  test('--portals 20 polls twenty portals, each with events of its own', async () => {
    const { ended, output } = start(['--once', '--portals', '20']);
    expect(await ended, output()).toBe(0);
    const names = Array.from({ length: 20 }, (_, index) => `portal-${String(index + 1).padStart(2, '0')}`);
    const runs = output().matchAll(/portal=(\S+) lag=\S+ published=(\d+) .* failing=0 /g);
    const published = new Map([...runs].map(([, name = '', count]) => [name, Number(count)]));
    expect([...published.keys()].sort()).toEqual(names);
    expect(Math.min(...published.values())).toBeGreaterThan(50);
  });

  test('--rule shows only events that match', async () => {
    const { ended, output } = start([
      '--once',
      '--rule',
      '{"detail-type":["e_visited_page"],"detail":{"metadata":{"pass":["live"]}}}',
    ]);
    expect(await ended, output()).toBe(0);
    const events = output()
      .split('\n')
      .filter((line) => line.includes(' event '));
    expect(events.length).toBeGreaterThan(20);
    expect(events.filter((line) => !line.includes(' event e_visited_page '))).toEqual([]);
  });

  test('--rule with an invalid pattern says what is wrong with it, and ends with status 2', async () => {
    const { ended, output } = start(['--rule', '{"source":"hubspot.events"}']);
    expect(await ended).toBe(2);
    expect(output()).toContain('Reading the event pattern: source must be an object, or an array');
  });

  test('a run that fails is one line, and --once ends with status 1', async () => {
    // No proxy listens there, so the real HubSpot is out of reach wherever this runs.
    const nowhere = 'http://127.0.0.1:9';
    const { ended, output } = start(['--once'], {
      HUBSPOT_ACCESS_TOKEN: 'pat-test',
      AWS_ENDPOINT_URL_DYNAMODB: nowhere,
    });
    expect(await ended).toBe(1);
    expect(output()).not.toContain('pat-test');
    expect(output().trimEnd().split('\n')).toHaveLength(1);
  });

  test('--help names every flag', async () => {
    const { ended, output } = start(['--help']);
    expect(await ended).toBe(0);
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
      expect(output()).toContain(flag);
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
