/** A check: what it looked at, what it found, and what to do. */
import { PollerError } from '../../../../functions/poller/errors.ts';
import type { Column } from '../../show/rows.ts';

export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly text: string;
  /** What to do; with every state but `ok` and `skipped`. */
  readonly nextStep?: string;
}

/** A check with the portal it is of; null for what all portals share. */
export interface CheckRow extends Check {
  readonly portal: string | null;
}

export type Finding = Omit<Check, 'name'>;

export const checkColumns: readonly Column<CheckRow>[] = [
  { key: 'portal', value: ({ portal }) => portal },
  { key: 'check', value: ({ name }) => name },
  { key: 'state', value: ({ state }) => state },
  { key: 'text', value: ({ text }) => text },
  { key: 'nextStep', value: ({ nextStep }) => nextStep ?? null },
];

/** A check that could not be made is one that failed, with the reason it met. */
export async function look(
  name: string,
  check: () => Promise<Finding>,
  portal: string | null = null,
): Promise<Check> {
  try {
    return { name, ...(await check()) };
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
    return { name, state: 'failed', text, nextStep: nextStepOf(thrown, portal) };
  }
}

export function skip(name: string, text: string): Check {
  return { name, state: 'skipped', text };
}

/** Where the runbook has more. */
export function runbook(article: string): string {
  return `{events runbook ${article}}`;
}

export function setToken(portal: string | null): string {
  return portal === null ? `{events token set}` : `{events token set --portal ${portal}}`;
}

/** What the poller's own failures ask for; the runbook has the same, longer. */
function nextStepOf(thrown: unknown, portal: string | null): string {
  if (!(thrown instanceof PollerError))
    return `{events policy} shows what an operator must be allowed; else npm run deploy`;
  switch (thrown.code) {
    case 'secret-placeholder':
    case 'secret-missing':
    case 'secret-malformed':
    case 'hubspot-unauthorized':
      return setToken(portal);
    case 'hubspot-forbidden':
      return `Add the scope to the app and write its new token (${setToken(portal)}), or see to the account’s plan`;
    case 'hubspot-daily-limit':
      return `Wait for midnight in the account’s time zone; ${runbook('daily-allowance')}`;
    case 'hubspot-unavailable':
    case 'hubspot-throttled':
    case 'hubspot-moving':
    case 'out-of-time':
      return 'Wait, and see https://status.hubspot.com';
    case 'bus-missing':
    case 'bus-denied':
    case 'table-missing':
    case 'table-denied':
      return 'npm run deploy';
    default:
      return runbook('failed-runs');
  }
}
