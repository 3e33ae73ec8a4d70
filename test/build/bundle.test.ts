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

  test('is one module and its source map', () => {
    expect(readdirSync(assetDirectory).sort()).toEqual(['index.mjs', 'index.mjs.map']);
  });

  test('needs no package beside it, and exports the handler', () => {
    const [module, name] = handler.split('.');
    const url = pathToFileURL(join(assetDirectory, `${module}.mjs`)).href;
    const run = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', `console.log(typeof (await import('${url}'))['${name}'])`],
      { encoding: 'utf8', cwd: assetDirectory, env: { ...environment(), AWS_REGION: 'eu-west-1' } },
    );
    expect(run.stderr).toBe('');
    expect(run.stdout.trim()).toBe('function');
  });

  test('knows its sources by paths that are the same on every machine', () => {
    const text = readFileSync(join(assetDirectory, 'index.mjs.map'), 'utf8');
    const { sources } = z.object({ sources: z.array(z.string()) }).parse(JSON.parse(text));
    expect(sources).toContain('../../functions/poller/handler.ts');
    expect(sources.filter((source) => !/^\.\.\/\.\.\/(functions|node_modules)\//.test(source))).toEqual([]);
  });
});

function environment(): Record<string, string> {
  return Object.fromEntries(Object.values(ENVIRONMENT).map((name) => [name, 'https://api.hubapi.com']));
}
