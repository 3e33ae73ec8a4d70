import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import {
  askRunning,
  findRunning,
  readRunning,
  writeAnnouncement,
} from '../../infra/local/control/announcement.ts';
import { admitKey, createKey } from '../../infra/local/key.ts';
import { startLoopbackServer } from '../../infra/local/loopback.ts';
import { createOpened } from '../../infra/local/opened.ts';

const opened = createOpened();
afterEach(opened.close);
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'announced-'));
  opened.add(() => rmSync(directory, { recursive: true }));
});

/** A control server that announces itself, as the process with this id. */
async function announce(about: string, startedAt: string, processId = process.pid) {
  const key = createKey();
  const server = await startLoopbackServer(async (_request, response) => void response.end(`"${about}"`), {
    admit: admitKey(key),
  });
  opened.add(server.close);
  const announcement = { url: server.url, key, processId, startedAt, about };
  return { ...announcement, file: writeAnnouncement(announcement, directory) };
}

test('several starts are found, the oldest first, each with the key to ask it', async () => {
  // Processes that live as long as this one.
  const second = await announce('second', '2026-11-23T12:00:01Z', process.pid);
  const first = await announce('first', '2026-11-23T12:00:00Z', process.ppid);
  const found = await findRunning(directory);
  expect(found).toEqual([first, second]);
  const answers = await Promise.all(found.map(async (each) => (await askRunning(each, 'x')).json()));
  expect(z.array(z.string()).parse(answers)).toEqual(['first', 'second']);
});

test('what one that was killed has left is removed, and what does not answer is left out', async () => {
  const gone = await announce('gone', '2026-11-23T12:00:00Z', 2 ** 22 + 1);
  const silent = await announce('silent', '2026-11-23T12:00:00Z');
  writeFileSync(silent.file, JSON.stringify({ ...silent, url: 'http://127.0.0.1:9' }));
  writeFileSync(join(directory, 'running-1.json'), 'no JSON');
  expect(await findRunning(directory)).toEqual([]);
  expect(existsSync(gone.file)).toBe(false);
  expect(existsSync(silent.file)).toBe(true);
});

test('a wrong key in the file finds nobody, and no folder is no failure', async () => {
  const { file, ...announcement } = await announce('one', '2026-11-23T12:00:00Z');
  writeFileSync(file, JSON.stringify({ ...announcement, key: 'another' }));
  expect(await readRunning(file)).toBeUndefined();
  expect(await findRunning(join(directory, 'nowhere'))).toEqual([]);
});
