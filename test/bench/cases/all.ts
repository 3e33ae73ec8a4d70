/** Every benchmark, in the order of the table. */
import type { BenchCase } from '../case.ts';
import { bundle } from './bundle.ts';
import { bursts } from './bursts.ts';
import { coldStart } from './cold-start.ts';
import { cost } from './cost.ts';
import { cpu } from './cpu.ts';
import { day } from './day.ts';
import { oneType, tenTypes } from './far-behind.ts';
import { functionSize } from './function-size.ts';
import { latency } from './latency.ts';
import { lateness } from './lateness.ts';
import { memory } from './memory.ts';
import { portalDay } from './portal-day.ts';
import { profile } from './profile.ts';
import { scale } from './scale.ts';
import { share } from './share.ts';
import { backlog, idle } from './tick.ts';

export const CASES: readonly BenchCase[] = [
  tenTypes,
  oneType,
  share,
  cpu,
  memory,
  idle,
  backlog,
  bursts,
  latency,
  lateness,
  coldStart,
  cost,
  day,
  portalDay,
  scale,
  bundle,
  functionSize,
  profile,
];
