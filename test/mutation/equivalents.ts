/** Mutants that change nothing that anybody could notice: they do not count. */
export interface Equivalent {
  /** The file's own name: folders may change. */
  readonly file: string;
  /** The code and what replaces it, on one line, as `npm run mutate -- --mechanical` shows a survivor. */
  readonly code: string;
  readonly replacement: string;
  /** A part of its line, where the code alone stands in others, too. */
  readonly on?: string;
  readonly why: string;
}

export const EQUIVALENTS: readonly Equivalent[] = [];
