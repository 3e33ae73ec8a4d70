/** moto's server as a process of its own, and what only a test asks of it. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { PYTHON_BIN } from '../tools/cache.ts';

export const REGION = 'us-east-1';
/** The account that moto keeps everything in. */
export const ACCOUNT = '123456789012';
const KEYS = { accessKeyId: 'moto', secretAccessKey: 'moto' };
const SERVER = fileURLToPath(new URL('server.py', import.meta.url));

const decisionSchema = z.object({
  principal: z.string(),
  action: z.string(),
  resource: z.string(),
  allowed: z.boolean(),
});
/** What IAM made of a request. */
export type Decision = z.output<typeof decisionSchema>;

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface MotoServer {
  readonly url: string;
  /** For the clients of the tests, whose requests nobody checks. */
  readonly client: { readonly endpoint: string; readonly region: string; readonly credentials: Credentials };
  /** What a program needs to find moto in the place of AWS. */
  readonly variablesFor: (credentials?: Credentials) => Readonly<Record<string, string>>;
  /** Has every request's signature and permissions checked while `use` runs; gives the decisions. */
  readonly withIam: (use: () => Promise<void>) => Promise<readonly Decision[]>;
  readonly close: () => Promise<void>;
}

/** moto, once it listens; `directory` is for its notes. @throws where it ends before */
export async function startMoto(directory: string): Promise<MotoServer> {
  const decisionsFile = join(directory, 'decisions.jsonl');
  const child = spawn(join(PYTHON_BIN, 'python'), [SERVER, decisionsFile], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-10_000);
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const [url] = await Promise.race([
    new Promise<[string]>((resolve) => {
      createInterface(child.stdout).once('line', (line) => resolve([line]));
    }),
    closed.then(() => {
      throw new Error(`Starting moto: it must write its address, found ${said}`);
    }),
  ]);
  const tell = async (path: string, body: string) => {
    const answer = await fetch(`${url}/moto-api/${path}`, { method: 'POST', body });
    if (!answer.ok)
      throw new Error(`Telling moto ${path} ${body}: it must answer 200, found ${answer.status}`);
  };
  // Without Docker, an invocation is answered without running anything.
  await tell('config', '{"lambda":{"use_docker":false}}');

  return {
    url,
    client: { endpoint: url, region: REGION, credentials: KEYS },
    variablesFor: ({ accessKeyId, secretAccessKey, sessionToken }: Credentials = KEYS) => ({
      AWS_ENDPOINT_URL: url,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
      AWS_EC2_METADATA_DISABLED: 'true',
    }),
    withIam: async (use) => {
      const before = (await readDecisions(decisionsFile)).length;
      await tell('reset-auth', '0');
      try {
        await use();
      } finally {
        await tell('reset-auth', 'inf');
      }
      return (await readDecisions(decisionsFile)).slice(before);
    },
    close: async () => {
      child.stdin.end();
      await closed;
    },
  };
}

async function readDecisions(file: string): Promise<Decision[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => decisionSchema.parse(JSON.parse(line)));
}
