/** Installs what `npm run conformance` compares with, once: pinned versions, in a folder of their own. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CACHE, CLASSES, HUBSPOT_NODE, JARS, PYTHON_BIN } from './cache.ts';

const HUBSPOT_NODE_CLIENT = '@hubspot/api-client@14.0.1';
/** Said in full, as Maven would otherwise take whatever version of its plugin it came with. */
const COPY_JARS = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy-dependencies';
const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const REQUIREMENTS = pathOf('requirements.txt');
const POM = pathOf('pom.xml');
const RULER = pathOf('../event-ruler/Verdicts.java');

const runFile = promisify(execFile);

/** vitest's global setup. @throws where Python 3, a JDK or Maven is missing, or an installation fails */
export default async function install(): Promise<void> {
  await requirePrograms();
  await Promise.all([
    once('python', [REQUIREMENTS], installPython),
    once('jars', [POM], () => run('mvn', ['-q', '-B', '-f', POM, COPY_JARS, `-DoutputDirectory=${JARS}`])),
    once('hubspot-node', [], installHubSpotClient),
  ]);
  await once('classes', [POM, RULER], () => run('javac', ['-cp', join(JARS, '*'), '-d', CLASSES, RULER]));
}

const NEEDED = [
  ['python3', '-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'],
  ['javac', '--version'],
  ['mvn', '--version'],
] as const;

async function requirePrograms(): Promise<void> {
  const tried = await Promise.allSettled(NEEDED.map(([program, ...args]) => runFile(program, args)));
  const missing = NEEDED.filter((_program, index) => tried[index]?.status === 'rejected');
  if (missing.length === 0) return;
  throw new Error(
    'Preparing npm run conformance: it needs Python 3.10 or newer with venv, a JDK 17 or newer and Maven on the PATH; ' +
      `these are missing or do not work: ${missing.map(([program]) => program).join(', ')}.`,
  );
}

async function installPython(directory: string): Promise<void> {
  await run('python3', ['-m', 'venv', directory]);
  await run(join(PYTHON_BIN, 'python'), ['-m', 'pip', 'install', '--quiet', '--requirement', REQUIREMENTS]);
}

async function installHubSpotClient(): Promise<void> {
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock'];
  await writeFile(join(HUBSPOT_NODE, 'package.json'), '{"private":true}');
  await run('npm', ['install', '--prefix', HUBSPOT_NODE, ...options, HUBSPOT_NODE_CLIENT]);
}

/** Leaves alone what was installed from these very files; else starts from an empty folder. */
async function once(
  name: string,
  sources: readonly string[],
  fill: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = join(CACHE, name);
  const hash = createHash('sha256').update(HUBSPOT_NODE_CLIENT);
  for (const source of sources) hash.update(await readFile(source));
  const stamp = join(CACHE, `${name}.installed`);
  const wanted = hash.digest('hex');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await fill(directory);
  await writeFile(stamp, wanted);
}

async function run(program: string, args: readonly string[]): Promise<void> {
  try {
    await runFile(program, args, { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    throw new Error(`Preparing npm run conformance: ${program} ${args.join(' ')} must succeed; ${said}`, {
      cause: error,
    });
  }
}
