/** The matcher of event patterns that `npm start` uses, held against AWS's own: event-ruler. */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { InvalidEventPattern, parseEventPattern } from '../../../infra/local/aws/pattern/event-pattern.ts';
import { drawBelow, seedRandom } from '../../../infra/simulator/seeded-random.ts';
import { CLASSES, JARS } from '../tools/cache.ts';
import { ADDRESSES, drawEvent, TEXTS } from './draw-event.ts';
import { drawMistake } from './draw-mistake.ts';
import { CONDITION_KINDS, type ConditionKind, drawPattern } from './draw-pattern.ts';

const SEED = process.env['SEED'] ?? 'event patterns';
const PAIRS = Number(process.env['PAIRS'] ?? 10_000);
/** Every eighth pattern has a mistake in it. */
const MISTAKE_EVERY = 8;

interface Pair {
  readonly pattern: string;
  readonly event: string;
  readonly kinds: ReadonlySet<ConditionKind | '$or'>;
}

function drawPairs(): Pair[] {
  const random = seedRandom(SEED);
  return Array.from({ length: PAIRS }, (_, index) => {
    const event = drawEvent(random);
    if (index % MISTAKE_EVERY === 0) {
      return { pattern: JSON.stringify(drawMistake(random)), event: JSON.stringify(event), kinds: new Set() };
    }
    const { pattern, kinds } = drawPattern(random, event);
    // Now and then the event of somebody else, whose fields the pattern does not know.
    const seen = drawBelow(random, 6) === 0 ? drawEvent(random) : event;
    return { pattern: JSON.stringify(pattern), event: JSON.stringify(seen), kinds };
  });
}

/** event-ruler's verdicts, in the order of the pairs. */
async function askEventRuler(pairs: readonly Pair[]): Promise<string[]> {
  const child = spawn('java', ['-cp', [CLASSES, join(JARS, '*')].join(delimiter), 'Verdicts'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(pairs.map(({ pattern, event }) => JSON.stringify({ pattern, event })).join('\n'));
  return (await text(child.stdout)).trimEnd().split('\n');
}

function ownVerdict({ pattern, event }: Pair): string {
  try {
    return String(parseEventPattern(pattern).matches(JSON.parse(event)));
  } catch (error) {
    if (error instanceof InvalidEventPattern) return 'invalid';
    throw error;
  }
}

/** What the random pairs leave out, as far as event-ruler is right there. */
const FIXED = [
  ...ADDRESSES.flatMap((address) => [
    ...ADDRESSES.filter((range) => range.includes(':') <= address.includes(':')).map((range) => ({
      condition: { cidr: `${range}/0` },
      value: address,
    })),
    ...ADDRESSES.map((other) => ({ condition: other, value: address })),
  ]),
  ...TEXTS.map((value) => ({ condition: { exists: false }, value })),
].map(({ condition, value }) => ({
  pattern: JSON.stringify({ detail: { a: [condition, { exists: false }] } }),
  event: JSON.stringify({ detail: { a: value } }),
  kinds: new Set<ConditionKind>(),
}));

const pairs = [...drawPairs(), ...FIXED];
const verdicts = await askEventRuler(pairs);

test(`the verdict on ${PAIRS} random pairs of pattern and event, and on fixed ones, is event-ruler's`, () => {
  expect(verdicts).toHaveLength(pairs.length);
  const different = pairs.flatMap((pair, index) => {
    const [ruler, own] = [verdicts[index], ownVerdict(pair)];
    return ruler === own ? [] : [`event-ruler ${ruler}, own ${own}: ${pair.pattern} on ${pair.event}`];
  });
  expect(different, `seed ${JSON.stringify(SEED)}; SEED=… draws others`).toEqual([]);
});

test.each([...CONDITION_KINDS, '$or'] as const)('the pairs match and do not match with %s', (kind) => {
  const seen = pairs.flatMap(({ kinds }, index) => (kinds.has(kind) ? [verdicts[index]] : []));
  expect(seen.filter((verdict) => verdict === 'true').length).toBeGreaterThan(20);
  expect(seen.filter((verdict) => verdict === 'false').length).toBeGreaterThan(20);
});

test('the pairs hold patterns that are refused, and mistakes that are accepted', () => {
  const mistaken = verdicts.slice(0, PAIRS).filter((_verdict, index) => index % MISTAKE_EVERY === 0);
  expect(mistaken.filter((verdict) => verdict === 'invalid').length).toBeGreaterThan(500);
  expect(mistaken.filter((verdict) => verdict !== 'invalid').length).toBeGreaterThan(50);
});
