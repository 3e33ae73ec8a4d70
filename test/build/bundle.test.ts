import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ENVIRONMENT } from '../../functions/poller/contract.ts';
import { synthesize } from '../../infra/build/synth.ts';

describe("the poller's bundle", () => {
  // The configuration of cdk.json and the poller's own code: what `cdk deploy` takes.
  const { assetDirectory, handler } = synthesize();

  const files = readdirSync(assetDirectory);
  const modules = files.filter((file) => file.endsWith('.mjs'));

  test('is modules, each with its source map', () => {
    expect(modules).toContain('index.mjs');
    expect(files.toSorted()).toEqual(modules.flatMap((file) => [file, `${file}.map`]).toSorted());
  });

  test('loads the roll call, and credentials that Lambda does not have, when they are needed', () => {
    const imported = /from"\.\/([^"]+)"/g;
    const loaded = new Set(['index.mjs']);
    for (const file of loaded)
      for (const [, part = ''] of readFileSync(join(assetDirectory, file), 'utf8').matchAll(imported))
        loaded.add(part);
    const text = [...loaded].map((file) => readFileSync(join(assetDirectory, file), 'utf8')).join('');
    expect(loaded.size).toBeLessThan(modules.length);
    expect(text).toContain('PutEvents');
    expect(text).not.toMatch(/Calling the roll|CreateTokenWithIAM|from"node:http"/);
  });

  test('needs no package beside it, and exports the handler', () => {
    const run = runScript('console.log(typeof handler)');
    expect(run.stderr).toBe('');
    expect(run.stdout.trim()).toBe('function');
  });

  test('has traces that name places in the sources', () => {
    const context = '{ awsRequestId: "a", getRemainingTimeInMillis: () => 60_000 }';
    const run = runScript(`await handler({}, ${context}).catch(({ stack }) => console.log(stack))`);
    const [message, ...places] = run.stdout.trim().split('\n');
    expect(message).toMatch(/^PollerError: Reading the function's environment: /);
    expect(places[0]).toMatch(/^ {4}at \S+ \(functions\/poller\/input\/environment\.ts:\d+:\d+\)$/);
    expect(places.join('\n')).toMatch(/functions\/poller\/handler\.ts:\d+:\d+/);
  });

  test('knows its sources by paths that are the same on every machine', () => {
    const map = z.object({ sources: z.array(z.string()) });
    const sources = modules.flatMap((file) => {
      const text = readFileSync(join(assetDirectory, `${file}.map`), 'utf8');
      return map.parse(JSON.parse(text)).sources;
    });
    expect(sources).toContain('../../functions/poller/handler.ts');
    expect(sources.filter((source) => !/^\.\.\/\.\.\/(functions|node_modules)\//.test(source))).toEqual([]);
  });

  /** A program with the bundle's `handler`, in a process of its own. */
  function runScript(script: string) {
    const [module, name] = handler.split('.');
    const url = pathToFileURL(join(assetDirectory, `${module}.mjs`)).href;
    const program = `const { ${name}: handler } = await import('${url}'); ${script}`;
    return spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      cwd: assetDirectory,
      env: { ...environment(), AWS_REGION: 'eu-west-1' },
    });
  }
});

function environment(): Record<string, string> {
  return Object.fromEntries(Object.values(ENVIRONMENT).map((name) => [name, 'https://api.hubapi.com']));
}
