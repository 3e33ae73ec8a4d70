/** Where the CPU time of the poller and of the lower bound goes, warm, function by function. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleOptions } from '../../../infra/build/bundle.ts';
import { type BenchCase, type CaseReport, type Size, show, type Table } from '../case.ts';
import { type HotFunction, nameLinesOf, readProfile } from '../lab/profile.ts';
import { functionNamed, openStackLab } from '../lab/stack-lab.ts';

const SHOWN_FUNCTIONS = 25;
const TYPES = ['e_profile_0', 'e_profile_1', 'e_profile_2'];
const WARM_UP = TYPES.map((eventType) => `${eventType}_before`);

export const profile: BenchCase = {
  name: 'profile',
  about: 'the hottest functions of the poller and of the lower bound',
  isTimed: true,
  async run(size): Promise<CaseReport> {
    const poller = await profileFunction('measured-poller', size);
    const bound = await profileFunction('bound', size);
    return {
      rows: [],
      tables: [
        tableOf('profile', 'Hottest functions of the poller', poller),
        tableOf('profile-packages', '… by package', { ...poller, functions: sumByPackage(poller.functions) }),
        tableOf('profile-bound', '… of the lower bound, by package', {
          ...bound,
          functions: sumByPackage(bound.functions),
        }),
      ],
      notes: ['profile: µs of self time per event, from an unminified bundle sampled every 200 µs.'],
      counts: { functions: poller.functions.length },
    };
  },
};

interface Profiled {
  readonly functions: readonly HotFunction[];
  readonly events: number;
}

async function profileFunction(name: 'measured-poller' | 'bound', size: Size): Promise<Profiled> {
  const eventsOfType = size === 'full' ? 20_000 : 500;
  const directory = await mkdtemp(join(tmpdir(), 'hubspot-events-'));
  try {
    const script = join(directory, 'index.mjs');
    // Names and sources as they are written: the profile is for people.
    const options = {
      ...bundleOptions(functionNamed(name)),
      minify: false,
      sourcemap: false,
      splitting: false,
    };
    await build({ ...options, write: true, outdir: directory });
    const file = join(directory, 'cpu.json');
    const endsAt = Date.now() - 60_000;
    const everyMs = 60;
    const startsAt = endsAt - eventsOfType * everyMs;
    await using lab = await openStackLab({
      history: { eventTypes: [...TYPES, ...WARM_UP], startsAt, endsAt, everyMs },
      latencyMs: 20,
      per10Seconds: null,
      entry: functionNamed(name),
      assetDirectory: directory,
      environment: { BENCH_PROFILE: file, NODE_OPTIONS: '' },
    });
    const startFrom = new Date(startsAt).toISOString();
    const settings = { startFrom, sweepEveryMinutes: 0, maxRequestsPer10Seconds: 10_000 };
    await lab.invoke({ ...settings, eventTypes: WARM_UP });
    const { eventsPublished } = await lab.invoke({ ...settings, eventTypes: TYPES });
    const nameLine = nameLinesOf(await readFile(script, 'utf8'));
    return { functions: readProfile(await readFile(file, 'utf8'), nameLine), events: eventsPublished };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function sumByPackage(functions: readonly HotFunction[]): HotFunction[] {
  const sums = new Map<string, number>();
  for (const { name, where, selfMs } of functions) {
    const isBuiltIn = where.startsWith('node:') || where === 'V8';
    const owner = isBuiltIn ? (where === 'V8' ? name : 'node') : packageOf(where);
    sums.set(owner, (sums.get(owner) ?? 0) + selfMs);
  }
  return [...sums].map(([name, selfMs]) => ({ name, where: '', selfMs })).sort((a, b) => b.selfMs - a.selfMs);
}

function packageOf(where: string): string {
  if (where.startsWith('functions/') || where.startsWith('test/')) return where;
  return /^((?:@[^/]+\/)?[^/]+)/.exec(where)?.[1] ?? where;
}

function tableOf(name: string, title: string, { functions, events }: Profiled): Table {
  const total = functions.reduce((sum, { selfMs }) => sum + selfMs, 0);
  return {
    name,
    title: `${title} (${show((total * 1_000) / events, 1)} µs per event in all)`,
    head: ['function', 'where', 'µs per event', 'share'],
    rows: functions
      .slice(0, SHOWN_FUNCTIONS)
      .map(({ name, where, selfMs }) => [
        name,
        where,
        show((selfMs * 1_000) / events, 2),
        `${show((selfMs * 100) / total, 1)} %`,
      ]),
  };
}
