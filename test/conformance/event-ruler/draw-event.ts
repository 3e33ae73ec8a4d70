/** Random events: few names and few values, so that a random pattern finds something to match. */
import { drawBelow, drawOne, type Random } from '../../../infra/simulator/seeded-random.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export const NAMES = ['a', 'b', 'c', 'state', 'x.y'] as const;
export const TEXTS = [
  '',
  'a',
  'A',
  'ab',
  'aB',
  'abc',
  'abcabc',
  'acb',
  'b*c',
  'b\\c',
  '*',
  '"q"',
  'true',
  '5',
  'Ärger',
  'äRGER',
  'Straße',
  'STRASSE',
  'İx',
  'κόσμε',
  'ΚΌΣΜΕ',
  '日本',
  '🙂b',
  'line\nend',
] as const;
export const ADDRESSES = [
  '10.0.0.1',
  '10.0.0.255',
  '10.0.1.0',
  '10.1.2.3',
  '010.0.0.1',
  '10.0.0.300',
  '255.255.255.255',
  '0.0.0.0',
  '2001:db8::1',
  '2001:DB8:0:0::1',
  '2001:db8::ffff',
  '2001:db9::',
  '::',
  '::1',
] as const;
/** Within what EventBridge compares: 15 digits, from -5e9 to 5e9. */
export const NUMBERS = [0, 1, -1, 5, 5.5, -0.25, 300, 301.8, 1e-9, 123_456.789_01, 5e9, -5e9] as const;

export function drawLeaf(random: Random): string | number | boolean | null {
  const kind = drawBelow(random, 10);
  if (kind < 5) return drawOne(random, TEXTS);
  if (kind < 7) return drawOne(random, NUMBERS);
  if (kind < 9) return drawOne(random, ADDRESSES);
  return drawOne(random, [true, false, null]);
}

/** A value of an event; objects and arrays in one another down to `depth`. */
function drawValue(random: Random, depth: number): Json {
  const kind = drawBelow(random, 10);
  if (depth === 0 || kind < 5) return drawLeaf(random);
  if (kind < 8) return drawFields(random, depth - 1);
  return Array.from({ length: drawBelow(random, 4) }, () => drawValue(random, depth - 1));
}

function drawFields(random: Random, depth: number): { readonly [name: string]: Json } {
  const count = drawBelow(random, 4);
  return Object.fromEntries(
    Array.from({ length: count }, () => [drawOne(random, NAMES), drawValue(random, depth)]),
  );
}

/** An event as a rule sees it, its `detail` random. */
export function drawEvent(random: Random): { readonly [name: string]: Json } {
  return {
    version: '0',
    'detail-type': drawOne(random, ['e_visited_page', 'e_form_submission_v2']),
    source: 'hubspot.events',
    resources: Array.from({ length: drawBelow(random, 3) }, () => drawOne(random, TEXTS)),
    detail: drawFields(random, 3),
  };
}
