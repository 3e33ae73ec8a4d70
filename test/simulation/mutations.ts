/** Deliberate breakages of the poller, and what catches each: SPEC.md shows the same table. */
import type { Mutation } from './mutations/mutation.ts';
import { PUBLISHING_MUTATIONS } from './mutations/publishing.ts';
import { READING_MUTATIONS } from './mutations/reading.ts';
import { RUN_MUTATIONS } from './mutations/run.ts';
import { STREAMS_MUTATIONS } from './mutations/streams.ts';

export const MUTATIONS: readonly Mutation[] = [
  ...READING_MUTATIONS,
  ...PUBLISHING_MUTATIONS,
  ...STREAMS_MUTATIONS,
  ...RUN_MUTATIONS,
];
