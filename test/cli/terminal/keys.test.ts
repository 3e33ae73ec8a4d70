/** The program itself on a terminal, left with a key: Ctrl-D at a question. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { announceStack } from '../../../infra/local/control/control.ts';
import { type Desk, openDesk } from '../desk.ts';
import { startProgram } from './terminal.ts';

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
