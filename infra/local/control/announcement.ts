/**
 * How the command line finds the `npm start`s of a folder: each has a file of its own, for its owner's eyes alone,
 * with the address and the key of its control server (control.ts).
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createDirectory, systemErrorCode, systemErrorText } from '../directory.ts';
import { isAlive } from '../state-directory.ts';

/** In the folder that npm runs in: the repository's root. */
export const ANNOUNCEMENT_DIRECTORY = '.local-state';

const FILE = /^running-\d+\.json$/;

const announcementSchema = z.object({
  url: z.string(),
  /** What every request must bring. */
  key: z.string(),
  processId: z.number(),
  startedAt: z.iso.datetime(),
  /** What it polls and where its state is: tells several apart. */
  about: z.string(),
});

/** An `npm start`, as it announces itself. */
export type Announcement = z.output<typeof announcementSchema>;

/** One that was found, with the file that it was found by. */
export type Running = Announcement & { readonly file: string };

/** How long an `npm start` may take to answer before it counts as not there. */
const ANSWER_TIMEOUT_MS = 3_000;

/** Every `npm start` of a folder that answers, oldest first. What was left by one that was killed is removed. */
export async function findRunning(directory: string = ANNOUNCEMENT_DIRECTORY): Promise<readonly Running[]> {
  const found = await Promise.all(listFiles(directory).map((file) => readRunning(file)));
  return found
    .filter((each) => each !== undefined)
    .sort((a, b) => a.startedAt.localeCompare(b.startedAt) || a.processId - b.processId);
}

/** The `npm start` that announced itself in this file; undefined where it does not answer. */
export async function readRunning(file: string): Promise<Running | undefined> {
  const announcement = readAnnouncement(file);
  if (announcement === undefined) return undefined;
  if (!isAlive(announcement.processId)) {
    rmSync(file, { force: true });
    return undefined;
  }
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const { ok } = await askRunning(announcement, 'stack', { signal });
    return ok ? { ...announcement, file } : undefined;
  } catch {
    // Nobody listens, or not in time: another process has its id now, or it is just ending.
    return undefined;
  }
}

/** What there is in place of an announcement, with the file's name; undefined where it is one. */
export function describeNoAnnouncement(file: string): string | undefined {
  try {
    parseAnnouncement(file);
    return undefined;
  } catch (error) {
    const found = systemErrorText(error);
    return found === undefined ? `something else in ${file}` : `${found}: ${file || '""'}`;
  }
}

/** Asks its control server, with the key. */
export function askRunning(
  { url, key }: Pick<Announcement, 'url' | 'key'>,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`${url}/${path}`, { ...init, headers: { authorization: `Bearer ${key}` } });
}

/** Writes the announcement; gives its file. Polling goes on where it cannot be written: only nobody finds it then. */
export function writeAnnouncement(
  announcement: Announcement,
  directory: string = ANNOUNCEMENT_DIRECTORY,
): string {
  const file = join(directory, `running-${announcement.processId}.json`);
  try {
    createDirectory(directory);
    // A process that had the same id may have left one, with other rights.
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify(announcement), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
  return file;
}

function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => FILE.test(name))
      .map((name) => join(directory, name));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    // No such folder: nothing has run here yet.
    return [];
  }
}

function readAnnouncement(file: string): Announcement | undefined {
  try {
    return parseAnnouncement(file);
  } catch {
    // Gone, or of another version: no npm start that can be asked.
    return undefined;
  }
}

/** @throws where it cannot be read, or holds something else */
function parseAnnouncement(file: string): Announcement {
  return announcementSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}
