/**
 * The packed package.json: whoever installs the package needs zod, and brings the CDK along. What the bundle and
 * the tools are made of stays here; the Node binaries above all, which would shadow the installer's own.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MANIFEST = join(ROOT, 'package.json');
/** The repository's own, while npm packs. */
const KEPT = join(ROOT, 'dist', 'package.json.kept');

const versions = z.record(z.string(), z.string());
const manifestSchema = z.looseObject({ dependencies: versions, devDependencies: versions });

/** What the package.json of the repository becomes in the tarball. */
export function packedManifest(text: string): object {
  const { scripts, devDependencies, optionalDependencies, dependencies, ...kept } = manifestSchema.parse(
    JSON.parse(text),
  );
  const versionOf = (name: string) => {
    const version = dependencies[name] ?? devDependencies[name];
    if (version !== undefined) return version;
    throw new Error(`Packing: package.json must name ${name}, found none`);
  };
  return {
    ...kept,
    bin: { 'hubspot-events': 'dist/cli/main.mjs' },
    dependencies: { zod: `^${versionOf('zod')}` },
    peerDependencies: {
      '@aws-lambda-powertools/idempotency': '^2.35.0',
      'aws-cdk-lib': `^${versionOf('aws-cdk-lib')}`,
      constructs: `^${versionOf('constructs')}`,
    },
    peerDependenciesMeta: { '@aws-lambda-powertools/idempotency': { optional: true } },
  };
}

/** Puts the packed manifest in the place of the repository's, until `restoreManifest`. */
export function replaceManifest(): void {
  const text = readFileSync(MANIFEST, 'utf8');
  writeFileSync(KEPT, text);
  writeFileSync(MANIFEST, `${JSON.stringify(packedManifest(text), undefined, 2)}\n`);
}

/** Gives the repository its own manifest back; nothing where it is there. */
export function restoreManifest(): void {
  if (existsSync(KEPT)) renameSync(KEPT, MANIFEST);
}
