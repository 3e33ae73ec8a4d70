/**
 * What a verb works on: a deployed stack, or an `npm start` on this machine. The verbs see no difference, and know no
 * client of AWS: all they need stands here.
 */
import type { Credential } from '../../../functions/poller/adapters/credential.ts';
import type { BusEntry } from '../../../functions/poller/core/event/bus-entry.ts';
import type { Tally } from '../../../functions/poller/core/tally.ts';
import type { PollRequest } from '../../../functions/poller/input/request.ts';
import type { CheckpointStore, EventSource, PublishResult } from '../../../functions/poller/ports.ts';
import { CliFailure, EXIT } from '../failure.ts';
import type { RunLine } from './run-line.ts';

/** A portal as its schedule knows it. */
export interface TargetPortal {
  readonly name: string;
  /** The schedule's `Input`, unmodified. */
  readonly input: string;
  /** The same, parsed. */
  readonly request: PollRequest;
  readonly isEnabled: boolean;
  /** How often the schedule ticks. */
  readonly tickSeconds: number;
  /** When the schedule was made or last changed. */
  readonly changedAt: number;
}

export type InvokeAnswer =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly message: string };

/** A message of the dead-letter queue, hidden from others until it is given back or its time is over. */
export interface TakenLetter {
  readonly id: string;
  readonly receiptHandle: string;
  readonly body: string;
}

export interface DeadLetters {
  /** How many wait; those that somebody looks at right now are among them. */
  readonly count: () => Promise<number>;
  /** Takes up to ten; none where none waits. */
  readonly take: () => Promise<readonly TakenLetter[]>;
  /** Lets others see them again, at once. */
  readonly giveBack: (letters: readonly TakenLetter[]) => Promise<void>;
  readonly remove: (letters: readonly TakenLetter[]) => Promise<void>;
}

export interface Bus {
  readonly name: string;
  /** @throws where it does not exist or may not be looked at */
  readonly check: () => Promise<void>;
  readonly publish: (entries: readonly BusEntry[]) => Promise<PublishResult>;
  /** Tells of every event that the pattern matches as it lands, until the signal; resolves then. */
  readonly follow: (
    pattern: string,
    onEvent: (envelope: unknown) => void,
    signal: AbortSignal,
  ) => Promise<void>;
}

export interface Secrets {
  readonly write: (secretId: string, text: string) => Promise<void>;
  /** Makes it; one that is there keeps its text, one that is to be deleted is restored. */
  readonly ensure: (
    name: string,
    text: string,
    description: string,
  ) => Promise<'created' | 'kept' | 'restored'>;
  /** Schedules it for deletion, in 30 days. */
  readonly remove: (secretId: string) => Promise<void>;
}

/** HubSpot as the poller asks it: the same URL, limits and errors, from this machine. */
export interface HubSpot {
  readonly source: EventSource;
  /** What HubSpot's headers told of its limits. */
  readonly tally: Tally;
  /** Reads the secret. @throws PollerError of the codes `secret-…` */
  readonly readSecret: () => Promise<void>;
  /** HubSpot's clock at its last answer; undefined where it told none. */
  readonly clockAt: () => number | undefined;
}

/** The schedules, as far as portals are added, removed and paused at run time. */
export interface Schedules {
  /** @throws CliFailure where the poller could not serve a portal that is added, or nobody would hear of it */
  readonly assertOpen: () => Promise<void>;
  /** Makes a schedule that is like the others but for its request and rhythm. */
  readonly add: (portal: string, request: string, everyMinutes: number) => Promise<void>;
  /** Whether it was made by `add`, and not by the stack. */
  readonly isAdded: (portal: string) => Promise<boolean>;
  readonly remove: (portal: string) => Promise<void>;
  readonly setEnabled: (portal: string, isEnabled: boolean) => Promise<void>;
}

export interface LogQuery {
  readonly from: number;
  readonly portal: string | undefined;
  readonly stream: string | undefined;
  readonly code: string | undefined;
}

export interface Target {
  /** `stack HubSpotEvents in eu-west-1`, `npm start here (process 4711)`. */
  readonly about: string;
  readonly portals: () => Promise<readonly TargetPortal[]>;
  /** One alone, with no look at the others; undefined where there is none of this name. */
  readonly findPortal: (name: string) => Promise<TargetPortal | undefined>;
  /** The minutes of lag that an alarm rings at. */
  readonly lagAlarmMinutes: number;
  /** How the poller itself reads and writes checkpoints. */
  readonly store: () => CheckpointStore;
  /** Takes the portal out of the list of those that were ever polled. */
  readonly forgetPortal: (name: string) => Promise<void>;
  readonly bus: Bus;
  readonly deadLetters: DeadLetters;
  readonly secrets: Secrets;
  readonly schedules: Schedules;
  /** With the credential that the portal's secret holds, or with the one given. */
  readonly hubSpot: (portal: TargetPortal, credential?: Credential) => HubSpot;
  readonly invoke: (payload: string) => Promise<InvokeAnswer>;
  /** How the portal's runs since then ended, the oldest first, as far as the log has them. */
  readonly readRuns: (portal: string, since: number) => Promise<readonly RunLine[]>;
  /** The function's own log lines, the oldest first; with a signal also those that come, until it is aborted. */
  readonly readLog: (
    query: LogQuery,
    onLine: (line: string) => void,
    signal: AbortSignal | undefined,
  ) => Promise<void>;
  /** The names of what the stack consists of; undefined where it is none. */
  readonly resources:
    | Readonly<
        Record<'partition' | 'table' | 'bus' | 'stack' | 'deadLetterQueue' | 'function' | 'logGroup', string>
      >
    | undefined;
  /** What a failure means where the target itself is the reason: it has gone, or refused. */
  readonly explain: (error: unknown) => Promise<CliFailure | undefined>;
  readonly close: () => void;
}

/** The portal that is named. @throws CliFailure that lists those there are */
export async function requirePortal(target: Target, name: string): Promise<TargetPortal> {
  const found = await target.findPortal(name);
  if (found !== undefined) return found;
  const names = (await target.portals()).map((portal) => portal.name);
  throw new CliFailure(
    `There is no portal ${name} in ${target.about}: found ${listNames(names)}.`,
    `{events portal list}`,
    EXIT.usage,
  );
}

/** The only portal. @throws CliFailure where there are several, or none */
export async function onlyPortal(target: Target): Promise<TargetPortal> {
  const [first, ...others] = await target.portals();
  if (first !== undefined && others.length === 0) return first;
  const names = [...(first === undefined ? [] : [first]), ...others].map(({ name }) => name);
  throw new CliFailure(
    first === undefined
      ? `There is no portal in ${target.about}.`
      : `Which portal is meant? There are ${listNames(names)}.`,
    first === undefined ? `{events portal add NAME}, or add one to cdk.json` : 'Add --portal NAME.',
    EXIT.usage,
  );
}

/** So many names a sentence can hold. */
const NAMED = 10;

export function listNames(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${names.slice(0, NAMED).join(', ')}${more}`;
}
