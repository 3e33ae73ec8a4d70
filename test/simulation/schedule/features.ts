/** What a schedule can be had without, to find out what a failure needs. */
export const FEATURES = [
  'kills',
  'pairs',
  'skew',
  'clock-jumps',
  'cold-starts',
  'processes',
  'operations',
  'refusals',
  'past-refusals',
  'types',
  'lists',
  'account',
  'settings',
  'gaps',
  'crowd',
  'manners',
  'narrow-pages',
  'disorder',
  'sizes',
  'heavy-types',
  'strays',
  'hubspot-faults',
  'bus-faults',
  'table-faults',
  'queue-faults',
  'slowness',
  'slow-peers',
  'short-runs',
] as const;
export type Feature = (typeof FEATURES)[number];

export interface Reduction {
  readonly without: ReadonlySet<Feature>;
  /** How many of the events happen; all where not given. */
  readonly events?: number | undefined;
  /** How many of the invocations happen before the quiet; all where not given. */
  readonly invocations?: number | undefined;
}

export const WHOLE: Reduction = { without: new Set() };

export type Has = (feature: Feature) => boolean;
