import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseHubSpotEvent } from '../../../functions/consumer/event.ts';
import { readPollerAsset } from '../../../infra/build/synth.ts';
import { POLLER_HANDLER } from '../../../infra/constructs/poller-function.ts';
import { createOpened } from '../../../infra/local/opened.ts';
import { startLocalStack } from '../../../infra/local/stack.ts';
import { SIMULATED_TOKEN } from '../../../infra/simulator/behaviour.ts';
import { startHubSpotPortal } from '../../../infra/simulator/portal.ts';
import { installPacked, run, type SecondApp } from './packed.ts';

/** Two compilations and a packing take some ten seconds of CPU, and tests of other files have their share of it. */
const PATIENCE_MS = 180_000;
const opened = createOpened();
let app: SecondApp;

beforeAll(async () => {
  app = await installPacked();
  opened.add(() => rmSync(app.directory, { recursive: true, force: true }));
  cpSync(new URL('second-app.ts', import.meta.url), join(app.directory, 'app.ts'));
  writeFileSync(join(app.directory, 'package.json'), '{"type":"module"}');
}, PATIENCE_MS);
afterAll(opened.close);

describe('the packed package', () => {
  test('brings zod alone, and no program that would shadow the installer’s', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(app.installed, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({
      dependencies: { zod: expect.any(String) },
      bin: { 'hubspot-events': 'dist/cli/main.mjs' },
    });
    for (const key of ['optionalDependencies', 'devDependencies', 'scripts'])
      expect(manifest).not.toHaveProperty(key);
  });

  test('brings the command line, whole, and the runbook that it shows', async () => {
    const program = join(app.installed, 'dist/cli/main.mjs');
    const article = await run(process.execPath, [program, 'runbook', 'dead-letters'], app.directory);
    expect(article).toContain('## dead-letters');
    expect(article).toContain('hubspot-events redrive --dry-run');
    expect(await run(process.execPath, [program, '--version'], app.directory)).toMatch(/^\d+\.\d+\.\d+\n$/);
    const local = run(process.execPath, [program, '--local', 'status'], app.directory);
    await expect(local).rejects.toThrow('Leave --local out');
    const reach = run(process.execPath, [program, '--stack', 'Mine', 'status'], app.directory, {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'nobody',
      AWS_SECRET_ACCESS_KEY: 'nothing',
      AWS_MAX_ATTEMPTS: '1',
    });
    // It has the clients of AWS with it: nothing but the stack is missing.
    await expect(reach).rejects.toThrow(/ended with 3: Stack Mine could not be read: /);
  });

  test('leaves the package.json of the repository as it was', () => {
    const read = (path: string) => readFileSync(path, 'utf8');
    const own = new URL('../../../package.json', import.meta.url);
    expect(read(join(app.directory, 'source/package.json'))).toBe(readFileSync(own, 'utf8'));
  });

  test('holds no source and no test', () => {
    const files = readdirSync(app.installed, { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).toEqual([]);
  });

  test('has the face that the snapshot shows: `npx vitest run test/build/package -u` writes it anew, on purpose', async () => {
    const constructs = ['hubspot-events', 'hubspot-events-props', 'settings', 'event-rules'];
    const face = ['infra/index', ...constructs.map((name) => `infra/constructs/${name}`)]
      .concat('infra/monitoring/portal-metrics', 'functions/consumer/event', 'functions/consumer/once')
      .map((name) => `// ${name}\n${withoutComments(join(app.installed, `dist/${name}.d.ts`))}`);
    const { exports } = z
      .looseObject({ exports: z.unknown() })
      .parse(JSON.parse(readFileSync(join(app.installed, 'package.json'), 'utf8')));
    const text = [`// exports\n${JSON.stringify(exports, undefined, 2)}\n`, ...face].join('\n');
    await expect(text).toMatchFileSnapshot('public-api.txt');
  });
});

function withoutComments(path: string): string {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ESNext);
  return ts.createPrinter({ removeComments: true }).printFile(source);
}

describe('a second CDK app', { timeout: PATIENCE_MS }, () => {
  test('compiles against the package’s types, and finds its own mistakes by them', async () => {
    const tsc = fileURLToPath(new URL('../../../node_modules/@typescript/native/bin/tsc', import.meta.url));
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext'];
    const written = await run(
      process.execPath,
      [tsc, ...options, '--types', 'node', 'app.ts'],
      app.directory,
    );
    expect(written).toBe('');
  });

  test('synthesizes without a bundler, runs here, and its rule receives an event', async () => {
    const occurredAt = Date.now() - 60_000;
    const view = (id: string, path: string) => ({
      id,
      eventType: 'e_visited_page',
      occurredAt,
      properties: { hs_url_path: path },
    });
    const portal = await startHubSpotPortal({ events: [view('v1', '/'), view('v2', '/pricing')] });
    opened.add(portal.close);
    const startFrom = new Date(occurredAt - 60_000).toISOString();
    const outdir = join(app.directory, 'cdk.out');
    process.env['CDK_OUTDIR'] = outdir;
    await run(process.execPath, ['app.ts', portal.url, startFrom], app.directory).finally(() => {
      delete process.env['CDK_OUTDIR'];
    });
    const template: unknown = JSON.parse(readFileSync(join(outdir, 'Mine.template.json'), 'utf8'));
    // The command that its owner has: there is no `npm run events` there.
    expect(JSON.stringify(template)).toContain('npx hubspot-events --stack ');
    const assetDirectory = join(outdir, readPollerAsset(template));
    const stack = await startLocalStack({
      synthesized: { template, assetDirectory, handler: POLLER_HANDLER },
      secrets: { main: SIMULATED_TOKEN },
    });
    opened.add(stack.close);
    const polled = await stack.invoke('main');
    expect(polled.ok, polled.logs.join('\n')).toBe(true);
    const received = stack.deliveries().map(({ envelope }) => parseHubSpotEvent(envelope).detail.id);
    expect(received).toEqual(['v2']);
  });
});
