/**
 * EventBridge's event patterns: which events a rule would match.
 *
 *   pattern ──▶ branches (`$or` multiplied out): path → conditions
 *   event   ──▶ leaves: path, value, and the element of each array the leaf lies in
 *   an event matches where some branch finds a leaf for every path, all in the same array elements
 */
import { type Condition, type Leaf, parseConditions } from './event-conditions.ts';

export interface EventPattern {
  /** Whether a rule with this pattern matches the event, given as a target would receive it. */
  matches(event: unknown): boolean;
}

/** Refused as EventBridge refuses it (InvalidEventPatternException); the message names the field. */
export class InvalidEventPattern extends Error {
  constructor(path: readonly string[], reason: string) {
    super(`Reading the event pattern: ${path.length === 0 ? 'it' : path.join('.')} ${reason}.`);
    this.name = 'InvalidEventPattern';
  }
}

/** The most combinations that `$or` may make (EventBridge user guide, "Matching by or", 2026-11). */
const MAX_COMBINATIONS = 1000;
/** Never part of a path, so that no field of a pattern can be taken for an array's element. */
const ARRAY_MARK = '\u0000';

type Branch = ReadonlyMap<string, readonly Condition[]>;
type Places = ReadonlyMap<string, number>;
type PlacedLeaf = { readonly leaf: Leaf; readonly places: Places };

/** The pattern in a text. @throws {InvalidEventPattern} where EventBridge would refuse it. */
export function parseEventPattern(text: string): EventPattern {
  let pattern: unknown;
  try {
    pattern = JSON.parse(text);
  } catch (error) {
    throw new InvalidEventPattern([], `must be JSON: ${error instanceof Error ? error.message : error}`);
  }
  return compileEventPattern(pattern);
}

/** The pattern in parsed JSON. @throws {InvalidEventPattern} where EventBridge would refuse it. */
export function compileEventPattern(pattern: unknown): EventPattern {
  const branches = branchesOf(pattern, [], [new Map()], false);
  return {
    matches: (event) => {
      const leaves = new Map<string, PlacedLeaf[]>();
      collectLeaves(event, '', new Map(), leaves);
      return branches.some((branch) => matchesBranch([...branch], leaves, new Map()));
    },
  };
}

function branchesOf(
  pattern: unknown,
  path: readonly string[],
  before: readonly Branch[],
  insideOr: boolean,
): readonly Branch[] {
  if (!isObject(pattern)) throw new InvalidEventPattern(path, 'must be a JSON object');
  const fields = Object.entries(pattern);
  if (fields.length === 0) throw new InvalidEventPattern(path, 'must not be empty');
  let branches = before;
  for (const [name, value] of fields) {
    const here = [...path, name];
    if (name === '$or') {
      branches = alternatives(value, path, branches);
    } else if (insideOr && RESERVED_IN_OR.has(name)) {
      throw new InvalidEventPattern(here, 'must not bear the name of a condition inside "$or"');
    } else if (Array.isArray(value)) {
      const conditions = parseConditions(value, (reason) => new InvalidEventPattern(here, reason));
      // Where two parts of a pattern name the same path, the later one counts: so EventBridge has it.
      branches = branches.map((branch) => new Map([...branch, [here.join('.'), conditions]]));
    } else if (isObject(value)) {
      branches = branchesOf(value, here, branches, insideOr);
    } else {
      throw new InvalidEventPattern(here, 'must be an object, or an array of values and conditions');
    }
  }
  return branches;
}

/** The conditions' names, and those that event-ruler keeps for conditions to come. */
const RESERVED_IN_OR = new Set([
  ...[
    'exactly',
    'prefix',
    'suffix',
    'equals-ignore-case',
    'wildcard',
    'anything-but',
    'exists',
    'numeric',
    'cidr',
  ],
  ...['=', '<', '<=', '>', '>=', 'regex', 'not-wildcard', 'not-equals-ignore-case'],
  ...['date-after', 'date-on-or-after', 'date-before', 'date-on-or-before', 'in-date-range'],
  ...['ip-address-in-range', 'ip-address-not-in-range'],
]);

function alternatives(value: unknown, path: readonly string[], before: readonly Branch[]): Branch[] {
  const here = [...path, '$or'];
  if (!Array.isArray(value) || value.length < 2) {
    throw new InvalidEventPattern(here, 'must be an array of two objects or more');
  }
  if (value.length * before.length > MAX_COMBINATIONS) {
    throw new InvalidEventPattern(here, `must not make more than ${MAX_COMBINATIONS} combinations`);
  }
  return value.flatMap((alternative: unknown) => {
    if (!isObject(alternative)) throw new InvalidEventPattern(here, 'must hold objects only');
    return branchesOf(alternative, path, before, true);
  });
}

/** Only leaves are matched: a path that leads to an object or to an empty array does not exist. */
function collectLeaves(value: unknown, path: string, places: Places, into: Map<string, PlacedLeaf[]>): void {
  if (Array.isArray(value)) {
    const array = `${path}${ARRAY_MARK}${places.size}`;
    for (const [index, element] of value.entries()) {
      // A leaf straight in the array stands for the array, not for one of its elements (event-ruler).
      const within = isLeaf(element) ? places : new Map([...places, [array, index]]);
      collectLeaves(element, path, within, into);
    }
  } else if (isObject(value)) {
    for (const [name, child] of Object.entries(value)) {
      collectLeaves(child, path === '' ? name : `${path}.${name}`, places, into);
    }
  } else if (isLeaf(value)) {
    const atPath = into.get(path);
    if (atPath === undefined) into.set(path, [{ leaf: value, places }]);
    else atPath.push({ leaf: value, places });
  }
}

function matchesBranch(
  fields: readonly (readonly [string, readonly Condition[]])[],
  leaves: ReadonlyMap<string, readonly PlacedLeaf[]>,
  chosen: Places,
): boolean {
  const [field, ...others] = fields;
  if (field === undefined) return true;
  const [path, conditions] = field;
  const candidates = leaves.get(path) ?? [];
  if (candidates.length === 0) {
    return conditions.some(({ whenAbsent }) => whenAbsent) && matchesBranch(others, leaves, chosen);
  }
  return candidates.some(
    ({ leaf, places }) =>
      [...places].every(([array, index]) => (chosen.get(array) ?? index) === index) &&
      conditions.some(({ test }) => test(leaf)) &&
      matchesBranch(others, leaves, new Map([...chosen, ...places])),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLeaf(value: unknown): value is Leaf {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
