/** `npm start` in a process and a folder of its own, as a user has it. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../../../infra/local/start.ts', import.meta.url));

export interface Started {
  /** The page's address, as it is printed. */
  readonly url: string;
  readonly output: () => string;
  /** Ends it as Ctrl-C does. */
  readonly stop: () => Promise<void>;
}

const ADDRESS = /http:\/\/127\.0\.0\.1:\d+\/\?key=\S+/;

/** Resolves when the address is printed. @throws where it ends before */
export async function npmStart(directory: string, args: readonly string[] = []): Promise<Started> {
  const { HUBSPOT_ACCESS_TOKEN: _token, AWS_ENDPOINT_URL_DYNAMODB: _url, ...environment } = process.env;
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), START, ...args], {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const [found] = ADDRESS.exec(output) ?? [];
        if (found !== undefined) resolve(found);
      });
    }
    void ended.then(() => reject(new Error(`npm start ended before it printed an address:\n${output}`)));
  });
  return {
    url,
    output: () => output,
    stop: async () => {
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** A folder for what a start keeps. */
export async function makeFolder(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'page-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
