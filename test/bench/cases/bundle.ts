/** What is in the poller's bundle, by package. */
import { build } from 'esbuild';
import { bundleOptions } from '../../../infra/build/bundle.ts';
import { type BenchCase, show } from '../case.ts';

const SHOWN_PACKAGES = 15;

export const bundle: BenchCase = {
  name: 'bundle',
  about: "the bundle's bytes by package, from esbuild's metafile",
  isTimed: false,
  async run() {
    const { metafile } = await build({ ...bundleOptions(), metafile: true });
    const outputs = new Map(Object.entries(metafile.outputs).filter(([path]) => path.endsWith('.mjs')));
    const started = new Set([...outputs.keys()].filter((path) => path.endsWith('/index.mjs')));
    for (const path of started)
      for (const { kind, path: part } of outputs.get(path)?.imports ?? [])
        if (kind === 'import-statement' && outputs.has(part)) started.add(part);
    const sum = (paths: Iterable<string>) =>
      [...paths].reduce((total, path) => total + (outputs.get(path)?.bytes ?? 0), 0);
    const [bytes, startBytes] = [sum(outputs.keys()), sum(started)];
    const byPackage = new Map<string, number>();
    for (const { inputs } of outputs.values())
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        const name = packageOf(path);
        byPackage.set(name, (byPackage.get(name) ?? 0) + bytesInOutput);
      }
    const sorted = [...byPackage].sort(([, a], [, b]) => b - a);
    const rest = sorted.slice(SHOWN_PACKAGES);
    const restBytes = rest.reduce((sum, [, size]) => sum + size, 0);
    const lines = [
      ...sorted.slice(0, SHOWN_PACKAGES),
      [`${rest.length} others`, restBytes] as const,
      ['the whole', bytes] as const,
    ];
    return {
      rows: [
        {
          what: 'bundle, minified; of that loaded at a cold start',
          poller: `${show(bytes / 1_024)} KB; ${show(startBytes / 1_024)} KB`,
          target: '',
          verdict: 'shown',
        },
      ],
      tables: [
        {
          name: 'bundle',
          title: 'The bundle',
          head: ['package', 'KB', 'share'],
          rows: lines.map(([name, size]) => [
            name,
            show(size / 1_024, 1),
            `${show((size * 100) / bytes, 1)} %`,
          ]),
        },
      ],
      notes: [],
      counts: { bytes, startBytes, packages: byPackage.size, ownBytes: byPackage.get(OWN) ?? 0 },
    };
  },
};

const OWN = 'functions/poller';

function packageOf(path: string): string {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  return name ?? OWN;
}
