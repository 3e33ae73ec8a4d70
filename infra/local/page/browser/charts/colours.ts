/** The style's colours, for canvases. */

export interface Colours {
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly accent: string;
  readonly good: string;
  readonly bad: string;
  readonly warn: string;
}

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: read('ink'),
    muted: read('muted'),
    line: read('line'),
    accent: read('accent'),
    good: read('good'),
    bad: read('bad'),
    warn: read('warn'),
  };
}

/** The colour with so much of it, 0 to 1. */
export function fade(colour: string, share: number): string {
  return `color-mix(in srgb, ${colour} ${Math.round(share * 100)}%, transparent)`;
}

export const DARK = matchMedia('(prefers-color-scheme: dark)');
