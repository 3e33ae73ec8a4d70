import { HASH_BYTES } from './ledger.ts';

const WORDS = HASH_BYTES / 4;

/** It grows when three quarters are taken. */
const MOST_FILLED = 0.75;

/**
 * A set of 16-byte hashes at 22 to 43 bytes each, where a Set of strings takes over a hundred: open addressing, a
 * hash's own first bytes say where it stands. The hash of all zeros means an empty place.
 */
export class HashSet {
  #words = new Uint32Array(16 * WORDS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The memory it takes, in bytes. */
  get bytes(): number {
    return this.#words.byteLength;
  }

  has(hash: string): boolean {
    const place = this.#placeOf(hash);
    return !this.#isEmpty(place);
  }

  add(hash: string): void {
    const place = this.#placeOf(hash);
    if (!this.#isEmpty(place)) return;
    for (let word = 0; word < WORDS; word += 1) this.#words[place + word] = wordOf(hash, word);
    this.#size += 1;
    if (this.#size * WORDS > this.#words.length * MOST_FILLED) this.#grow();
  }

  /** Where the hash stands, or the empty place where it would. */
  #placeOf(hash: string): number {
    const words = this.#words;
    const [first, second, third, fourth] = [
      wordOf(hash, 0),
      wordOf(hash, 1),
      wordOf(hash, 2),
      wordOf(hash, 3),
    ];
    let place = (first * WORDS) % words.length;
    while (
      !this.#isEmpty(place) &&
      (words[place] !== first ||
        words[place + 1] !== second ||
        words[place + 2] !== third ||
        words[place + 3] !== fourth)
    )
      place = (place + WORDS) % words.length;
    return place;
  }

  #isEmpty(place: number): boolean {
    const words = this.#words;
    return words[place] === 0 && words[place + 1] === 0 && words[place + 2] === 0 && words[place + 3] === 0;
  }

  #grow(): void {
    const old = this.#words;
    this.#words = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += WORDS) {
      const first = old[at] ?? 0;
      if (first === 0 && old[at + 1] === 0 && old[at + 2] === 0 && old[at + 3] === 0) continue;
      let place = (first * WORDS) % this.#words.length;
      while (!this.#isEmpty(place)) place = (place + WORDS) % this.#words.length;
      this.#words.set(old.subarray(at, at + WORDS), place);
    }
  }
}

/** Four of the characters, each a byte, as a number without a sign. */
function wordOf(hash: string, word: number): number {
  const at = word * 4;
  const [a, b, c, d] = [
    hash.charCodeAt(at),
    hash.charCodeAt(at + 1),
    hash.charCodeAt(at + 2),
    hash.charCodeAt(at + 3),
  ];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}
