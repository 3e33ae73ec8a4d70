/** Temporary folders that a process left which was killed. */
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownerOf } from '../build/temporary.ts';
import { isAlive } from './state-directory.ts';

/** Removes those whose process is gone. What cannot be removed stays: it may be another user's. */
export async function removeLeftovers(directory: string = tmpdir()): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const left = names.filter((name) => {
    const owner = ownerOf(name);
    return owner !== undefined && !isAlive(owner);
  });
  const remove = (name: string) => rm(join(directory, name), { recursive: true, force: true });
  await Promise.allSettled(left.map(remove));
}
