/** Patterns that are nearly right: what EventBridge must refuse, or accepts though it looks wrong. */
import { drawOne, type Random } from '../../../infra/simulator/seeded-random.ts';
import type { Json } from './draw-event.ts';

/**
 * In place of a condition. Not among them: an empty list inside `anything-but`'s prefix and its like, which
 * event-ruler's check lets through and its matcher then ends on with a NullPointerException; ours refuses it.
 */
const BAD_CONDITIONS: readonly [Json, ...Json[]] = [
  [],
  ['x'],
  {},
  { nope: 'x' },
  { prefix: 1 },
  { prefix: null },
  { prefix: ['a'] },
  { prefix: '', suffix: '' },
  { prefix: { suffix: 'a' } },
  { prefix: { 'equals-ignore-case': 1 } },
  { prefix: {} },
  { suffix: {} },
  { suffix: { 'equals-ignore-case': 'a', prefix: 'b' } },
  { exactly: 5 },
  { 'equals-ignore-case': ['a'] },
  { 'equals-ignore-case': '' },
  { wildcard: 'a**b' },
  { wildcard: 'a\\b' },
  { wildcard: 'a\\' },
  { wildcard: '\\**' },
  { wildcard: '*\\*' },
  { wildcard: '' },
  { wildcard: ['a*'] },
  { exists: 'true' },
  { exists: null },
  { 'anything-but': [] },
  { 'anything-but': ['a', 1] },
  { 'anything-but': true },
  { 'anything-but': null },
  { 'anything-but': [null] },
  { 'anything-but': ['a', ['b']] },
  { 'anything-but': {} },
  { 'anything-but': { prefix: '' } },
  { 'anything-but': { suffix: ['a', ''] } },
  { 'anything-but': { 'equals-ignore-case': '' } },
  { 'anything-but': { wildcard: '' } },
  { 'anything-but': { wildcard: ['a*', '**'] } },
  { 'anything-but': { prefix: 1 } },
  { 'anything-but': { numeric: ['=', 1] } },
  { 'anything-but': { prefix: 'a', suffix: 'b' } },
  { 'anything-but': 'a', exists: true },
  { numeric: [] },
  { numeric: ['='] },
  { numeric: ['!=', 5] },
  { numeric: ['=', '5'] },
  { numeric: [5] },
  { numeric: ['<', 5, '>', 1] },
  { numeric: ['<', 1, '>', 5] },
  { numeric: ['>', 5, '<', 1] },
  { numeric: ['>', 5, '<', 5] },
  { numeric: ['>=', 5, '<=', 5] },
  { numeric: ['=', 5, '<', 6] },
  { numeric: ['>', 1, '=', 5] },
  { numeric: ['>', 1, '>', 2] },
  { numeric: ['>', 1, '<', 5, '<', 6] },
  { numeric: '=5' },
  { cidr: '10.0.0.0' },
  { cidr: '10.0.0.0/' },
  { cidr: '10.0.0.0/32' },
  { cidr: '10.0.0.0/-1' },
  { cidr: '10.0.0.0/a' },
  { cidr: '10.0.0.0/08' },
  { cidr: '10.0.0/8' },
  { cidr: '10.0.0.0/8/8' },
  { cidr: '300.0.0.0/8' },
  { cidr: 'example.com/8' },
  { cidr: '2001:db8::/128' },
  { cidr: '2001:db8:::/32' },
  { cidr: 10 },
];

/** In place of a field's array. */
const BAD_FIELDS: readonly [Json, ...Json[]] = ['x', 1, null, true, {}, []];

/** In place of the alternatives of `$or`. */
const BAD_ALTERNATIVES: readonly [Json, ...Json[]] = [
  [],
  [{ a: ['x'] }],
  {},
  'x',
  [{ a: ['x'] }, 'b'],
  [{ a: ['x'] }, {}],
  [{ a: ['x'] }, null],
  ...[
    'exactly',
    'prefix',
    'suffix',
    'equals-ignore-case',
    'wildcard',
    'anything-but',
    'numeric',
    'cidr',
    'exists',
    '=',
    '>=',
    'regex',
    'date-after',
    'ip-address-in-range',
    'not-wildcard',
    'nope',
  ].map((name) => [{ a: ['x'] }, { [name]: ['x'] }]),
];

/** A pattern with one mistake in it, or with what looks like one. */
export function drawMistake(random: Random): Json {
  const condition = drawOne(random, BAD_CONDITIONS);
  return drawOne(random, [
    { detail: { a: [condition] } },
    { detail: { a: ['x', condition] } },
    { detail: { b: { a: [condition] } } },
    { detail: { $or: [{ a: [condition] }, { b: ['x'] }] } },
    { detail: { a: drawOne(random, BAD_FIELDS) } },
    { detail: drawOne(random, BAD_FIELDS) },
    { detail: { b: ['x'], $or: drawOne(random, BAD_ALTERNATIVES) } },
    { $or: drawOne(random, BAD_ALTERNATIVES) },
  ]);
}
