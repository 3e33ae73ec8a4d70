import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/** The folders' layers, and what each may import besides itself and packages. */
const RULES: readonly { readonly layer: RegExp; readonly may: readonly RegExp[] }[] = [
  { layer: /^functions\/poller\/contract\.ts$/, may: [] },
  { layer: /^functions\/poller\/errors\.ts$/, may: [] },
  {
    layer: /^functions\/poller\/core\//,
    may: [/^functions\/poller\/(core\/|contract\.ts$|errors\.ts$)/],
  },
  {
    layer: /^functions\/poller\/ports\.ts$/,
    may: [/^functions\/poller\/(core\/|contract\.ts$|errors\.ts$)/],
  },
  {
    layer: /^functions\/poller\/input\//,
    may: [/^functions\/poller\/(input\/|core\/|(contract|errors|ports)\.ts$)/],
  },
  {
    // What several adapters share stands beside their folders.
    layer: /^functions\/poller\/adapters\/([^/]+)/,
    // SAME stands for the adapter's own folder: none imports another.
    may: [/^functions\/poller\/(core\/|(ports|errors|contract)\.ts$|adapters\/[^/]+\.ts$)/, /SAME/],
  },
  {
    layer: /^functions\/poller\/publish\//,
    may: [/^functions\/poller\/(publish\/|core\/|(ports|errors|contract)\.ts$)/],
  },
  {
    layer: /^functions\/poller\/run\//,
    may: [/^functions\/poller\/(run\/|publish\/|core\/|input\/request\.ts$|(ports|errors|contract)\.ts$)/],
  },
  {
    layer: /^functions\/poller\/roll-call\//,
    may: [/^functions\/poller\/(roll-call\/|core\/|input\/|(ports|errors|contract)\.ts$)/],
  },
  { layer: /^functions\/poller\/(roll-call-)?handler\.ts$/, may: [/^functions\/poller\//] },
  {
    layer: /^functions\/poller\/warm-portals\.ts$/,
    may: [/^functions\/poller\/(run\/stream-run|input\/request|adapters\/.*)\.ts$/],
  },
  // What a consumer takes knows nothing of the poller: it is installed without it.
  { layer: /^functions\/consumer\//, may: [/^functions\/consumer\//] },
  { layer: /^infra\/(local|cli)\//, may: [/^infra\//, /^functions\//] },
  // The simulated HubSpot knows nothing of the poller or the stack.
  { layer: /^infra\/simulator\//, may: [/^infra\/(simulator\/|local\/loopback\.ts$)/] },
  // The one that makes the JSON Schema of the schema that parses the event.
  { layer: /^infra\/schema\/json-schema\.ts$/, may: [/^functions\/consumer\/event\.ts$/] },
  {
    layer: /^infra\//,
    may: [
      /^infra\/(?!local\/|cli\/|simulator\/)/,
      /^functions\/poller\/(contract|input\/(request|rhythm|mistakes))\.ts$/,
    ],
  },
];

const ROOT = new URL('..', import.meta.url).pathname;
const sources = globSync(['functions/**/*.ts', 'infra/**/*.ts'], { cwd: ROOT });

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import\(?)\s*'(\.[^']+)'/g)].flatMap(
    (match) => match[1] ?? [],
  );
  return specifiers.map((specifier) => relative(ROOT, join(ROOT, dirname(file), specifier)));
}

function isAllowed(file: string, imported: string): boolean {
  const rule = RULES.find(({ layer }) => layer.test(file));
  const own = rule?.layer.exec(file)?.[1];
  return (
    rule?.may.some((allowed) =>
      allowed.source === 'SAME'
        ? own !== undefined && imported.startsWith(`functions/poller/adapters/${own}/`)
        : allowed.test(imported),
    ) ?? false
  );
}

test('dependencies point one way', () => {
  const forbidden = sources.flatMap((file) =>
    importsOf(file)
      .filter((imported) => !isAllowed(file, imported))
      .map((imported) => `${file} imports ${imported}`),
  );
  expect([sources.length > 100, forbidden]).toEqual([true, []]);
});

test('the core awaits nothing', () => {
  const core = sources.filter((file) => file.startsWith('functions/poller/core/'));
  const awaiting = core.filter((file) =>
    /^\s*(?!\/?\*).*\b(await|async|Promise)\b/m.test(readFileSync(join(ROOT, file), 'utf8')),
  );
  expect([core.length > 15, awaiting]).toEqual([true, []]);
});

/** What only the edge may touch: everywhere else time, chance and the environment are arguments. */
const EDGE = /functions\/(poller\/(handler|adapters\/(system-clock|hubspot\/http))|consumer\/handler)\.ts$/;
const EDGE_ONLY =
  /\b(Date\.now\(|new Date\(\)|Math\.random\b|setTimeout\(|setInterval\(|process\.env|performance\.now)/;

describe('clock, chance and environment', () => {
  test('are read at the edge alone', () => {
    const inner = sources.filter((file) => file.startsWith('functions/') && !EDGE.test(file));
    const readers = inner.flatMap((file) => {
      const [found] = EDGE_ONLY.exec(readFileSync(join(ROOT, file), 'utf8')) ?? [];
      return found === undefined ? [] : [`${file} reads ${found}`];
    });
    expect([inner.length > 30, readers]).toEqual([true, []]);
  });

  test('come from the handlers alone where the environment is meant', () => {
    const readers = sources.filter(
      (file) => file.startsWith('functions/') && /process\.env/.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(readers.sort()).toEqual(['functions/consumer/handler.ts', 'functions/poller/handler.ts']);
  });
});
