import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const NAME = 'hubspot-events-to-eventbridge';

/** What `npm pack` reads in the repository. */
const SOURCES = ['package.json', 'tsconfig.json', 'cdk.json', 'README.md', 'LICENSE', 'infra', 'functions'];

/** What the installed package may import: its dependency, its peers, and what a TypeScript app has anyway. */
const INSTALLED = ['zod', 'aws-cdk-lib', 'constructs', '@aws-lambda-powertools', '@types'];

/** Runs a command to its end. @throws with all it wrote, where it fails */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  more: NodeJS.ProcessEnv = {},
): Promise<string> {
  // As in an npm script: this repository's node comes before the machine's.
  const path = [join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, PATH: path, npm_config_offline: 'true', ...more },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) =>
      status === 0
        ? resolve(output)
        : reject(new Error(`${command} ${args.join(' ')} ended with ${status}: ${output}`)),
    );
  });
}

export interface SecondApp {
  /** Where the app is, and everything with it. */
  readonly directory: string;
  /** The package as it is installed there. */
  readonly installed: string;
}

/** Packs a copy of the repository and installs the tarball into a new folder, without a network. */
export async function installPacked(): Promise<SecondApp> {
  const directory = mkdtempSync(join(tmpdir(), 'second-app-'));
  const source = join(directory, 'source');
  for (const path of SOURCES) cpSync(join(ROOT, path), join(source, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'), 'junction');
  await run('npm', ['pack', '--silent', '--pack-destination', directory], source);
  const [tarball = ''] = readdirSync(directory).filter((name) => name.endsWith('.tgz'));
  const modules = join(directory, 'node_modules');
  const installed = join(modules, NAME);
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], directory);
  for (const name of INSTALLED) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
  }
  return { directory, installed };
}
