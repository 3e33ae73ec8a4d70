/**
 * Random event patterns over the whole language that EventBridge documents. Left out is where event-ruler 2.1 does
 * not do what EventBridge's user guide says ("Comparison operators for use in event patterns", 2026-11):
 * characters beyond U+FFFF equal nothing regardless of case; a mask of 0 bits matches numbers, too; and where two
 * alternatives of `$or` share a condition of one field (`exists: false` in [a] and in [a, b]), b is not found. The
 * last is left out as far as `exists: false` goes; with another seed, some pair in 40,000 meets it by chance.
 */
import { drawBelow, drawOne, type Random } from '../../../infra/simulator/seeded-random.ts';
import { ADDRESSES, drawLeaf, type Json, NAMES, NUMBERS, TEXTS } from './draw-event.ts';

/** One condition in a field's array; `value` is what the event has there, where it has a leaf there. */
type DrawCondition = (random: Random, value: Json | undefined) => Json;

const CONDITIONS = {
  value: (random, value) => (isLeaf(value) ? value : drawLeaf(random)),
  exactly: (random, value) => ({ exactly: near(random, value) }),
  prefix: (random, value) => ({ prefix: start(random, near(random, value)) }),
  suffix: (random, value) => ({ suffix: end(random, near(random, value)) }),
  'prefix-ignore-case': (random, value) => ({
    prefix: { 'equals-ignore-case': swapCase(start(random, near(random, value))) },
  }),
  'suffix-ignore-case': (random, value) => ({
    suffix: { 'equals-ignore-case': swapCase(end(random, near(random, value))) },
  }),
  'equals-ignore-case': (random, value) => ({ 'equals-ignore-case': swapCase(near(random, value)) }),
  wildcard: (random, value) => ({ wildcard: withStars(random, near(random, value)) }),
  'anything-but': (random, value) => ({ 'anything-but': unwanted(random, value) }),
  'anything-but-prefix': (random, value) => ({
    'anything-but': { prefix: several(random, () => start(random, near(random, value)) || 'a') },
  }),
  'anything-but-suffix': (random, value) => ({
    'anything-but': { suffix: several(random, () => end(random, near(random, value)) || 'a') },
  }),
  'anything-but-ignore-case': (random, value) => ({
    'anything-but': { 'equals-ignore-case': several(random, () => swapCase(near(random, value)) || 'a') },
  }),
  'anything-but-wildcard': (random, value) => ({
    'anything-but': { wildcard: several(random, () => withStars(random, near(random, value)) || 'a*') },
  }),
  numeric: (random, value) => ({ numeric: comparison(random, value) }),
  cidr: (random, value) => ({ cidr: addressRange(random, value) }),
  exists: (random) => ({ exists: drawBelow(random, 2) === 0 }),
} as const satisfies Readonly<Record<string, DrawCondition>>;

export type ConditionKind = keyof typeof CONDITIONS;
export const CONDITION_KINDS: readonly ConditionKind[] = Object.keys(CONDITIONS).filter(isKind);

function isKind(name: string): name is ConditionKind {
  return name in CONDITIONS;
}

export interface DrawnPattern {
  readonly pattern: Json;
  /** The conditions that it holds. */
  readonly kinds: ReadonlySet<ConditionKind | '$or'>;
}

/** A pattern whose fields mostly stand in the event too. */
export function drawPattern(random: Random, event: { readonly [name: string]: Json }): DrawnPattern {
  const kinds = new Set<ConditionKind | '$or'>();
  const fieldsOf = (
    value: Json | undefined,
    depth: number,
    inOr: boolean,
  ): { readonly [name: string]: Json } => {
    const fields: [string, Json][] = Array.from({ length: 1 + drawBelow(random, 2) }, () => {
      const name = nameIn(random, value);
      return [name, fieldOf(childOf(value, name), depth)];
    });
    if (depth > 0 && drawBelow(random, inOr ? 12 : 5) === 0) {
      kinds.add('$or');
      const count = 2 + drawBelow(random, 2);
      const alternatives = Array.from({ length: count }, () => fieldsOf(value, depth - 1, true));
      fields.splice(drawBelow(random, fields.length + 1), 0, ['$or', alternatives]);
    }
    return Object.fromEntries(fields);
  };
  const fieldOf = (value: Json | undefined, depth: number): Json => {
    const inside = isArray(value) ? value[drawBelow(random, value.length)] : value;
    const goesDeeper =
      depth > 0 && (isObject(inside) ? drawBelow(random, 8) > 0 : drawBelow(random, 8) === 0);
    if (goesDeeper) return fieldsOf(inside, depth - 1, false);
    const conditions = Array.from({ length: 1 + drawBelow(random, 2) }, () => {
      const kind = drawKind(random, inside);
      kinds.add(kind);
      return CONDITIONS[kind](random, inside);
    });
    const isAbsent = conditions.some(
      (condition) => isObject(condition) && 'exists' in condition && condition.exists === false,
    );
    return isAbsent ? [{ exists: false }] : conditions;
  };
  const detail = fieldsOf(event['detail'], 3, false);
  const others = drawBelow(random, 4) === 0 ? { 'detail-type': [{ prefix: 'e_v' }] } : {};
  return { pattern: { ...others, detail }, kinds };
}

/** Mostly a condition that can hold for a value of this kind. */
function drawKind(random: Random, value: Json | undefined): ConditionKind {
  if (drawBelow(random, 3) > 0) {
    if (typeof value === 'number') return drawOne(random, ['value', 'numeric', 'anything-but', 'exists']);
    if (typeof value === 'string' && /[.:]/.test(value)) return drawOne(random, ['value', 'cidr', 'prefix']);
  }
  return CONDITION_KINDS[drawBelow(random, CONDITION_KINDS.length)] ?? 'value';
}

function nameIn(random: Random, value: Json | undefined): string {
  const names = isObject(value) ? Object.keys(value) : [];
  return drawBelow(random, 6) > 0 ? (names[drawBelow(random, names.length)] ?? 'a') : drawOne(random, NAMES);
}

const childOf = (value: Json | undefined, name: string) => (isObject(value) ? value[name] : undefined);
const isArray = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLeaf(value: Json | undefined): value is string | number | boolean | null {
  return value !== undefined && !isArray(value) && !isObject(value);
}

/** The event's own text two times in three. */
function near(random: Random, value: Json | undefined): string {
  return typeof value === 'string' && drawBelow(random, 3) > 0 ? value : drawOne(random, TEXTS);
}

/** By code points: half a surrogate pair is no text. */
const start = (random: Random, text: string) => [...text].slice(0, drawBelow(random, 4)).join('');
const end = (random: Random, text: string) => [...text].slice(-drawBelow(random, 4) || text.length).join('');

function swapCase(text: string): string {
  if (/[\u{10000}-\u{10FFFF}]/u.test(text)) return 'B';
  return text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase();
}

function withStars(random: Random, text: string): string {
  const pieces = [...text].map((each) => {
    if (drawBelow(random, 3) === 0) return '*';
    return each === '*' || each === '\\' ? `\\${each}` : each;
  });
  return pieces.join('').replaceAll(/(?<!\\)\*{2,}/g, '*');
}

function several(random: Random, draw: () => string): Json {
  return drawBelow(random, 2) === 0 ? draw() : Array.from({ length: 1 + drawBelow(random, 2) }, draw);
}

function unwanted(random: Random, value: Json | undefined): Json {
  if (drawBelow(random, 3) > 0) return several(random, () => near(random, value));
  const draw = () =>
    typeof value === 'number' && drawBelow(random, 2) === 0 ? value : drawOne(random, NUMBERS);
  return drawBelow(random, 2) === 0 ? draw() : [draw(), draw()];
}

function comparison(random: Random, value: Json | undefined): Json {
  const bound = () =>
    typeof value === 'number' && drawBelow(random, 2) === 0 ? value : drawOne(random, NUMBERS);
  if (drawBelow(random, 2) === 0) return [drawOne(random, ['=', '<', '<=', '>', '>=']), bound()];
  const [low, high] = [bound(), bound()].toSorted((one, other) => one - other);
  return [drawOne(random, ['>', '>=']), low ?? 0, drawOne(random, ['<', '<=']), high ?? 0];
}

function addressRange(random: Random, value: Json | undefined): string {
  const isAddress = typeof value === 'string' && /^[\da-f.:]+$/i.test(value);
  const address = isAddress && drawBelow(random, 2) === 0 ? value : drawOne(random, ADDRESSES);
  return `${address}/${drawOne(random, [8, 23, 24, 31, 32, 64, 127, 128])}`;
}
