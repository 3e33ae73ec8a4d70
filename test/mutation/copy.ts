/** A copy of the sources, to be broken. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the tests need, beside node_modules. */
const COPIED = [
  'functions',
  'infra',
  'test',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'cdk.json',
];

/** What a process of the copy did; `code` is undefined where it was ended after its limit. */
export interface Ended {
  readonly code: number | undefined;
  readonly output: string;
}

/** Gives `use` the folder of a copy that is removed afterwards. */
export async function withCopy<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'mutations-'));
  try {
    for (const name of COPIED) await cp(join(ROOT, name), join(folder, name), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await mkdir(join(folder, 'tmp'));
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs Node in a copy, for `limitMs` at most. */
export function runIn(
  folder: string,
  parts: readonly string[],
  limitMs = 0,
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  // What is ended cannot tidy up: its temporary files are in the copy.
  const env = { ...process.env, NO_COLOR: '1', TMPDIR: join(folder, 'tmp'), ...environment };
  const options = { cwd: folder, env, maxBuffer: 1e8, timeout: limitMs, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve) => {
    execFile(process.execPath, [...parts], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.killed ? undefined : 1;
      resolve({ code, output: stdout + stderr });
    });
  });
}
