/** Every verb, in the order of the help. */
import type { Verb } from '../verb.ts';
import { backfill } from './backfill/backfill.ts';
import { backfillList } from './backfill/list.ts';
import { doctor } from './doctor/doctor.ts';
import { logs } from './logs.ts';
import { policy } from './policy.ts';
import { portalAdd } from './portal/add.ts';
import { portalList } from './portal/list.ts';
import { portalPause, portalResume } from './portal/pause.ts';
import { portalRemove } from './portal/remove.ts';
import { quarantineClear, quarantineList } from './quarantine.ts';
import { redrive } from './redrive/redrive.ts';
import { runNow } from './run-now.ts';
import { runbook } from './runbook.ts';
import { status } from './status/status.ts';
import { tail } from './tail.ts';
import { tokenSet } from './token-set.ts';
import { watermarkSet } from './watermark-set.ts';

export const VERBS: readonly Verb[] = [
  doctor,
  status,
  logs,
  tail,
  runNow,
  backfill,
  backfillList,
  redrive,
  watermarkSet,
  quarantineList,
  quarantineClear,
  tokenSet,
  portalList,
  portalAdd,
  portalRemove,
  portalPause,
  portalResume,
  policy,
  runbook,
];
