/** How event patterns compare texts beyond plain equality: regardless of case, and as IP addresses. */
import { isIP } from 'node:net';

/** The two spellings of each character of a pattern's text; a letter's capital may be longer (ß, SS). */
export type FoldedText = readonly (readonly [lower: string, upper: string])[];

/** The text of a pattern, to be compared regardless of case. */
export function foldText(text: string): FoldedText {
  return [...text].map((each) => [each.toLowerCase(), each.toUpperCase()]);
}

/** Where the folded text ends that `text` begins with; -1 where it does not. */
export function endOfStart(folded: FoldedText, text: string): number {
  let at = 0;
  for (const spellings of folded) {
    const found = spellings.find((spelling) => text.startsWith(spelling, at));
    if (found === undefined) return -1;
    at += found.length;
  }
  return at;
}

/** Whether `text` ends with the folded text. */
export function endsFolded(folded: FoldedText, text: string): boolean {
  let at = text.length;
  for (const spellings of folded.toReversed()) {
    const found = spellings.find((spelling) => text.endsWith(spelling, at));
    if (found === undefined) return false;
    at -= found.length;
  }
  return true;
}

/** An IPv4 address in the low half of `::ffff:0:0/96` is the IPv4 address itself. */
const MAPPED_IPV4 = `${'0'.repeat(20)}ffff`;

/** An IP address's 8 or 32 hexadecimal digits, whatever its spelling; undefined where the text is none. */
export function addressDigits(text: string): string | undefined {
  const parts = text.split('.');
  if (parts.length === 4) {
    if (parts.some((part) => !/^\d+$/.test(part) || Number(part) > 255)) return undefined;
    return parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('');
  }
  if (parts.length > 1 || isIP(text) !== 6 || text.includes('%')) return undefined;
  const [head = '', tail] = text.toLowerCase().split('::');
  const groupsOf = (half: string) => (half === '' ? [] : half.split(':'));
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  const digits = [...first, ...zeros, ...last].map((group) => group.padStart(4, '0')).join('');
  return digits.startsWith(MAPPED_IPV4) ? digits.slice(MAPPED_IPV4.length) : digits;
}

/** The lowest and the highest address that share the first `bits` of an address, as digits. */
export function addressBounds(digits: string, bits: number): readonly [lowest: string, highest: string] {
  const width = BigInt(digits.length * 4);
  const free = (1n << (width - BigInt(bits))) - 1n;
  const address = BigInt(`0x${digits}`);
  const write = (value: bigint) => value.toString(16).padStart(digits.length, '0');
  return [write(address & ~free), write(address | free)];
}
