/** What is kept from one start to the next, so that a page that is open finds the new one: its port, and its key's digest. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { createDirectory, systemErrorCode } from '../../directory.ts';

const lastStartSchema = z.object({ port: z.number(), keyDigest: z.string() });
const fileSchema = z.array(lastStartSchema);
export type LastStart = z.output<typeof lastStartSchema>;

/** Several starts may run at once, and each may come again. */
const KEPT_STARTS = 8;

/** The starts before, the latest first. */
export function readLastStarts(file: string): readonly LastStart[] {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // The first start, or a file that somebody else wrote: nobody waits for this start.
    return [];
  }
}

/** The page works where the folder cannot be written: only an open one does not find the next start. */
export function keepStart(file: string, start: LastStart): void {
  const others = readLastStarts(file).filter(({ port }) => port !== start.port);
  try {
    createDirectory(dirname(file));
    writeFileSync(file, JSON.stringify([start, ...others].slice(0, KEPT_STARTS)), { mode: 0o600 });
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}
