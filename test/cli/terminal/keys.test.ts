/** The program itself on a terminal, left with a key: Ctrl-D at a question, Ctrl-C while it watches. */
import { EventEmitter } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { listenForEnd } from '../../../infra/cli/ending.ts';
import { announceStack } from '../../../infra/local/control/control.ts';
import { type Desk, openDesk } from '../desk.ts';
import { startProgram } from './terminal.ts';

const CTRL_C = '\x03';
const CTRL_D = '\x04';
const HOUR_MS = 3_600_000;

let desk: Desk;
beforeAll(async () => {
  const startFrom = new Date(Date.now() - HOUR_MS).toISOString();
  const poison = {
    eventType: 'e_visited_page',
    id: '',
    occurredAt: Date.now() - 60_000,
    json: '{"no":"id"}',
  };
  desk = await openDesk({ settings: { startFrom }, events: [poison] });
  await desk.stack.invoke('main');
});
afterAll(() => desk[Symbol.asyncDispose]());

const start = (verb: readonly string[]) => startProgram([...verb, '--running', desk.file]);
const visits = ['--stream', 'e_visited_page'];

describe('Ctrl-D at a question', () => {
  test.each([
    [['watermark', 'set', ...visits, '--to', '-2h'], 'Move the watermark?', CTRL_D],
    [['redrive', '--discard'], "that can't be published?", CTRL_D],
    [['token', 'set'], 'HubSpot token of portal main', CTRL_D],
    [['token', 'set'], 'HubSpot token of portal main', `typed${CTRL_D}`],
  ])('is as Ctrl-C: %s', async (verb, question, keys) => {
    const terminal = start(verb);
    await terminal.until(question);
    terminal.type(keys);
    expect(await terminal.ended, terminal.text()).toBe(130);
    expect(terminal.text()).toMatch(/\nNothing was changed\.$/);
  });

  test('is as Ctrl-C where one of several is to be chosen', async () => {
    const folder = join(desk.file, '..');
    const { file, close } = await announceStack(desk.stack, { directory: join(folder, '.local-state') });
    copyFileSync(file, join(file, '../running-1.json'));
    const terminal = startProgram(['--local', 'status'], { folder });
    await terminal.until('Which npm start is meant?');
    terminal.type(CTRL_D);
    expect(await terminal.ended, terminal.text()).toBe(130);
    await close();
  });
});

describe('Ctrl-C is the ordinary end', () => {
  test.each([
    ['tail', ['tail'], 'events of bus'],
    ['status --watch', ['status', '--watch'], 'e_visited_page'],
    ['logs --follow', ['logs', '--follow'], 'Run'],
  ])('of %s', async (_, verb, shown) => {
    const terminal = start(verb);
    await terminal.until(shown);
    terminal.type(CTRL_C);
    expect(await terminal.ended, terminal.text()).toBe(0);
  });

  test('of watching a backfill, which goes on', async () => {
    const terminal = start(['backfill', ...visits, '--from', '-3h', '--to', '-2h']);
    await terminal.until('waits for');
    terminal.type(CTRL_C);
    expect(await terminal.ended, terminal.text()).toBe(0);
    expect(terminal.text()).toMatch(/The backfill of e_visited_page goes on with the scheduled runs\.$/);
  });
});

test('A second signal so close is the same one; from half a second on it ends the process as it is', () => {
  vi.useFakeTimers();
  const process = new EventEmitter();
  const { signal } = listenForEnd(process);
  process.emit('SIGINT');
  expect(signal.aborted).toBe(true);
  vi.advanceTimersByTime(499);
  expect(process.listenerCount('SIGINT')).toBe(1);
  vi.advanceTimersByTime(1);
  expect(process.listenerCount('SIGINT')).toBe(0);
  vi.useRealTimers();
});
