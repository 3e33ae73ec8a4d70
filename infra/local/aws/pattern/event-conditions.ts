/** The conditions that may stand in an event pattern's array: one value or one matcher each. */
import { addressBounds, addressDigits, endOfStart, endsFolded, foldText } from './event-texts.ts';

/** A value of an event that a condition can look at. */
export type Leaf = string | number | boolean | null;

export interface Condition {
  readonly test: (leaf: Leaf) => boolean;
  /** Whether the condition holds where the event has nothing at the path. */
  readonly whenAbsent: boolean;
}

/** Makes the error that names the field; the text goes on with what must hold. */
type Refuse = (reason: string) => Error;
type Test = (leaf: Leaf) => boolean;

/** EventBridge compares numbers from -5,000,000,000 to 5,000,000,000 only (user guide, 2026-11). */
const MAX_NUMBER = 5e9;

/** The conditions of one field, of which one must hold. @throws what `refuse` makes. */
export function parseConditions(values: readonly unknown[], refuse: Refuse): Condition[] {
  if (values.length === 0) throw refuse('must hold at least one value');
  return values.map((value) => parseCondition(value, refuse));
}

function parseCondition(value: unknown, refuse: Refuse): Condition {
  if (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  ) {
    const address = typeof value === 'string' ? addressDigits(value) : undefined;
    // A text that is an IP address matches that address in every spelling: so event-ruler has it.
    return present(address === undefined ? (leaf) => leaf === value : between([address, address]));
  }
  const [name, operand] = onlyEntry(value, 'a condition', refuse);
  if (name === 'exists') {
    if (typeof operand !== 'boolean') throw refuse('must say "exists": true or "exists": false');
    return { test: () => operand, whenAbsent: !operand };
  }
  const parse = CONDITIONS[name];
  if (parse === undefined) throw refuse(`names the unknown condition ${JSON.stringify(name)}`);
  return present(parse(operand, refuse));
}

const present = (test: Test): Condition => ({ test, whenAbsent: false });

const CONDITIONS: Readonly<Record<string, (operand: unknown, refuse: Refuse) => Test>> = {
  exactly: (operand, refuse) => equals(text(operand, 'exactly', refuse)),
  prefix: (operand, refuse) => textOrFolded(operand, 'prefix', startsWith, startsFolded, refuse),
  suffix: (operand, refuse) => textOrFolded(operand, 'suffix', endsWith, endsFoldedText, refuse),
  'equals-ignore-case': (operand, refuse) => equalsFolded(text(operand, 'equals-ignore-case', refuse)),
  wildcard: (operand, refuse) => wildcard(text(operand, 'wildcard', refuse), refuse),
  numeric: numericRange,
  cidr: (operand, refuse) => addressRange(text(operand, 'cidr', refuse), refuse),
  'anything-but': anythingBut,
};

type TextTest = (wanted: string) => Test;

const ofText =
  (test: (leaf: string) => boolean): Test =>
  (leaf) =>
    typeof leaf === 'string' && test(leaf);
const equals: TextTest = (wanted) => ofText((leaf) => leaf === wanted);
const startsWith: TextTest = (wanted) => ofText((leaf) => leaf.startsWith(wanted));
const endsWith: TextTest = (wanted) => ofText((leaf) => leaf.endsWith(wanted));

function equalsFolded(wanted: string): Test {
  const folded = foldText(wanted);
  return ofText((leaf) => endOfStart(folded, leaf) === leaf.length);
}

function startsFolded(wanted: string): Test {
  const folded = foldText(wanted);
  return ofText((leaf) => endOfStart(folded, leaf) >= 0);
}

function endsFoldedText(wanted: string): Test {
  const folded = foldText(wanted);
  return ofText((leaf) => endsFolded(folded, leaf));
}

function textOrFolded(
  operand: unknown,
  name: string,
  make: TextTest,
  makeFolded: TextTest,
  refuse: Refuse,
): Test {
  if (typeof operand !== 'object' || operand === null) return make(text(operand, name, refuse));
  const [inner, wanted] = onlyEntry(operand, `"${name}"`, refuse);
  if (inner !== 'equals-ignore-case') throw refuse(`must give "${name}" a text, or "equals-ignore-case"`);
  return makeFolded(text(wanted, inner, refuse));
}

/** `*` stands for any text, `\*` for a star, `\\` for a backslash. */
function wildcard(pattern: string, refuse: Refuse): Test {
  const parts = [''];
  for (const token of pattern.match(/\\[\s\S]?|[^\\]/g) ?? []) {
    if (token === '*') {
      if (parts.length > 1 && parts.at(-1) === '') throw refuse('must not have two wildcards in a row');
      parts.push('');
      continue;
    }
    if (token.startsWith('\\') && token !== '\\*' && token !== '\\\\') {
      throw refuse('must escape only "*" and "\\" in a wildcard');
    }
    parts.push((parts.pop() ?? '') + token.slice(-1));
  }
  const [first = '', ...others] = parts;
  const last = others.pop();
  if (last === undefined) return equals(first);
  return ofText((leaf) => {
    if (leaf.length < first.length + last.length || !leaf.startsWith(first) || !leaf.endsWith(last))
      return false;
    // The leftmost place of each part leaves the most room for the next: nothing needs trying twice.
    let from = first.length;
    const end = leaf.length - last.length;
    return others.every((part) => {
      const at = leaf.indexOf(part, from);
      from = at + part.length;
      return at >= 0 && from <= end;
    });
  });
}

const COMPARISONS: Readonly<Record<string, (leaf: number, bound: number) => boolean>> = {
  '=': (leaf, bound) => leaf === bound,
  '<': (leaf, bound) => leaf < bound,
  '<=': (leaf, bound) => leaf <= bound,
  '>': (leaf, bound) => leaf > bound,
  '>=': (leaf, bound) => leaf >= bound,
};

/** One comparison, or a lower bound and then an upper one. */
function numericRange(operand: unknown, refuse: Refuse): Test {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw refuse('must give "numeric" one comparison and number, or a lower and an upper bound');
  }
  const [first, lower, second, upper]: unknown[] = operand;
  const tests = [comparison(first, lower, refuse)];
  if (operand.length === 4) {
    const inOrder = (first === '>' || first === '>=') && (second === '<' || second === '<=');
    if (!inOrder) throw refuse('must give "numeric" its lower bound first, then its upper bound');
    tests.push(comparison(second, upper, refuse));
    if (Number(lower) >= Number(upper)) throw refuse('must have its lower bound below its upper bound');
  }
  return (leaf) =>
    typeof leaf === 'number' && Math.abs(leaf) <= MAX_NUMBER && tests.every((test) => test(leaf));
}

function comparison(operator: unknown, bound: unknown, refuse: Refuse): (leaf: number) => boolean {
  const compare = typeof operator === 'string' ? COMPARISONS[operator] : undefined;
  if (compare === undefined) throw refuse('must compare with =, <, <=, > or >= in "numeric"');
  if (typeof bound !== 'number' || Math.abs(bound) > MAX_NUMBER) {
    throw refuse(`must compare with a number from -${MAX_NUMBER} to ${MAX_NUMBER} in "numeric"`);
  }
  return (leaf) => compare(leaf, bound);
}

function addressRange(range: string, refuse: Refuse): Test {
  const [address = '', bits = '', ...rest] = range.split('/');
  const digits = addressDigits(address);
  if (
    digits === undefined ||
    rest.length > 0 ||
    !/^\d{1,3}$/.test(bits) ||
    Number(bits) >= digits.length * 4
  ) {
    throw refuse('must give "cidr" an address and its mask bits, such as 10.0.0.0/24');
  }
  return between(addressBounds(digits, Number(bits)));
}

/** As many digits are compared as the bounds have: an IPv6 address can lie in a range of IPv4 (event-ruler 2.1). */
function between([lowest, highest]: readonly [string, string]): Test {
  return ofText((leaf) => {
    const digits = addressDigits(leaf) ?? '';
    const compared = digits.slice(0, lowest.length);
    return digits.length >= lowest.length && lowest <= compared && compared <= highest;
  });
}

const UNWANTED: Readonly<Record<string, (unwanted: string, refuse: Refuse) => Test>> = {
  prefix: startsWith,
  suffix: endsWith,
  'equals-ignore-case': equalsFolded,
  wildcard,
};
/** What the empty text begins or ends with: everything. The others may be empty. */
const NEVER_EMPTY = new Set(['prefix', 'suffix']);

/** Holds for every value, of whatever kind, that is none of the unwanted ones. */
function anythingBut(operand: unknown, refuse: Refuse): Test {
  if (typeof operand === 'object' && operand !== null && !Array.isArray(operand)) {
    const [name, inner] = onlyEntry(operand, '"anything-but"', refuse);
    const make = UNWANTED[name];
    if (make === undefined)
      throw refuse(`names the unknown condition ${JSON.stringify(name)} in "anything-but"`);
    const tests = listOf(inner).map((unwanted) => {
      if (unwanted === '' && NEVER_EMPTY.has(name))
        throw refuse(`must not give "anything-but" an empty "${name}"`);
      return make(text(unwanted, name, refuse), refuse);
    });
    if (tests.length === 0) throw refuse('must give "anything-but" at least one value');
    return (leaf) => !tests.some((test) => test(leaf));
  }
  const unwanted = listOf(operand);
  const kinds = new Set(unwanted.map((value) => typeof value));
  if (kinds.size !== 1 || !(kinds.has('string') || kinds.has('number'))) {
    throw refuse('must give "anything-but" texts or numbers, not both and nothing else');
  }
  return (leaf) => !unwanted.includes(leaf);
}

const listOf = (operand: unknown): readonly unknown[] => (Array.isArray(operand) ? operand : [operand]);

function onlyEntry(value: unknown, what: string, refuse: Refuse): [string, unknown] {
  const entries =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) throw refuse(`must give ${what} as one key and its value`);
  return entry;
}

function text(operand: unknown, name: string, refuse: Refuse): string {
  if (typeof operand !== 'string') throw refuse(`must give "${name}" a text`);
  return operand;
}
