/** The folder that keeps the table from one start to the next: one process may use it at a time. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StateDirectory {
  /** The folder of the table's store. */
  readonly tableDirectory: string;
  readonly release: () => void;
}

/** The folder, created where there is none. @throws where another process uses it, or it cannot be written */
export function openStateDirectory(directory: string): StateDirectory {
  mkdirSync(directory, { recursive: true });
  const lock = join(directory, 'in-use-by');
  const owner = readOwner(lock);
  if (owner !== undefined && isAlive(owner)) {
    throw new Error(
      `Opening the state directory: no other process may use ${directory}, found process ${owner}`,
    );
  }
  writeFileSync(lock, `${process.pid}\n`);
  return { tableDirectory: join(directory, 'table'), release: () => rmSync(lock, { force: true }) };
}

function readOwner(lock: string): number | undefined {
  try {
    const owner = Number.parseInt(readFileSync(lock, 'utf8'), 10);
    return Number.isInteger(owner) && owner !== process.pid ? owner : undefined;
  } catch {
    // No such file: nobody uses the folder.
    return undefined;
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    // Another user's process cannot be signalled, but is there.
    return error instanceof Error && Reflect.get(error, 'code') === 'EPERM';
  }
}
