/** What the verbs of this folder are about. */
import { CliFailure, EXIT } from '../../failure.ts';

export const PORTAL_GROUP = 'portals, without a deployment';

/** @throws CliFailure where `--portal` and the argument name two portals */
export function assertSame(given: string | undefined, name: string): void {
  if (given === undefined || given === name) return;
  throw new CliFailure(`Which portal is meant, ${given} or ${name}?`, 'Leave --portal out.', EXIT.usage);
}
