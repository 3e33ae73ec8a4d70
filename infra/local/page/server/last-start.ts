/** What is kept from one start to the next, so that a page that is open finds the new one: its port, and its key's digest. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

/** In the folder that npm runs in: the repository's root. */
export const LAST_START_FILE = '.local-state/page.json';

const lastStartSchema = z.object({ port: z.number(), keyDigest: z.string() });
export type LastStart = z.output<typeof lastStartSchema>;

export function readLastStart(file: string): LastStart | undefined {
  try {
    return lastStartSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // The first start, or a file that somebody else wrote: nobody waits for this start.
    return undefined;
  }
}

/** The page works where the folder cannot be written: only an open one does not find the next start. */
export function keepLastStart(file: string, start: LastStart): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(start), { mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
