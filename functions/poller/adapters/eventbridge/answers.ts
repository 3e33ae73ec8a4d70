/** What EventBridge's answers mean: for each entry of a call, and for a call that failed. */
import type { PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import { PollerError } from '../../errors.ts';
import type { EntryOutcome } from '../../ports.ts';
import { errorName, isRetryable } from '../retry.ts';

/** The codes that are about one entry, which never goes through (EventBridge API reference, 2026-11). */
const ENTRY_CODES = new Set([
  'MalformedDetail',
  'InvalidArgument',
  'NotAuthorizedForDetailTypeException',
  'RequestEntityTooLarge',
  'ValidationException',
]);

/** The codes of an entry that may go through when sent again. */
const RETRYABLE_CODES = new Set(['InternalFailure', 'InternalException', 'ThrottlingException']);

const DENIED = new Set([
  'AccessDeniedException',
  'NotAuthorized',
  'UnrecognizedClientException',
  'InvalidSignatureException',
]);

const TOO_LARGE = new Set(['RequestEntityTooLarge', 'RequestEntityTooLargeException']);

/** How EventBridge says that there is no such bus, or that its name is none. */
export const NO_BUS = new Set(['ResourceNotFoundException', 'ValidationException']);

/** Notes what became of each entry of an answered call; gives those to send again, and a code of theirs. */
export function settle(
  outcomes: EntryOutcome[],
  sent: readonly number[],
  results: readonly PutEventsResultEntry[],
): { readonly indices: number[]; readonly found: string; readonly isUnknown: boolean } {
  let found = 'no result';
  let isUnknown = false;
  const indices = sent.filter((index, at) => {
    const { ErrorCode: code, ErrorMessage: message = '' } = results[at] ?? { ErrorCode: found };
    if (code === undefined || code === '') {
      outcomes[index] = { state: 'accepted' };
      return false;
    }
    if (ENTRY_CODES.has(code)) {
      outcomes[index] = { state: 'refused', code, message };
      return false;
    }
    found = code;
    if (results[at] !== undefined && !RETRYABLE_CODES.has(code)) isUnknown = true;
    return true;
  });
  return { indices, found, isUnknown };
}

type CallFailure = 'again' | 'split' | 'refused' | PollerError;

/** What a failed call means: nothing of it was accepted, or its answer was lost and it is sent again. */
export function classifyCall(thrown: unknown, bus: string, entries: number): CallFailure {
  const name = errorName(thrown);
  if (DENIED.has(name)) {
    return new PollerError(
      'bus-denied',
      `Publishing events: the function must be allowed to, found ${describe(thrown)}`,
      { cause: thrown },
    );
  }
  if (name === 'ResourceNotFoundException') return missingBus(bus, thrown);
  if (isRetryable(thrown)) return 'again';
  const status = statusOf(thrown);
  const isAboutEntries = TOO_LARGE.has(name) || status === 413 || name === 'ValidationException';
  if (isAboutEntries) return entries > 1 ? 'split' : 'refused';
  return new PollerError('bus-unavailable', `Publishing events: EventBridge failed: ${describe(thrown)}`, {
    cause: thrown,
  });
}

/** Notes that a call's only entry was refused as a whole. */
export function refuse(outcomes: EntryOutcome[], [only]: readonly number[], thrown: unknown): undefined {
  if (only === undefined) return;
  // The front door's bare 413 has neither name nor message.
  const isBare = statusOf(thrown) === 413 && !TOO_LARGE.has(errorName(thrown));
  const code = isBare ? 'RequestEntityTooLarge' : errorName(thrown);
  const found = thrown instanceof Error ? thrown.message : '';
  const message = isBare ? 'EventBridge answered 413: the entry is larger than a call may be.' : found;
  outcomes[only] = { state: 'refused', code, message };
}

export function missingBus(bus: string, cause: unknown): PollerError {
  const text = `Publishing events: the event bus ${bus} must exist, and was not found: EventBridge would drop what is sent to it. Deploy the stack again.`;
  return new PollerError('bus-missing', text, { cause });
}

export function unavailable(tries: number, found: string): PollerError {
  const text = `Publishing events: EventBridge must accept them, found after ${tries} tries: ${found}`;
  return new PollerError('bus-unavailable', text);
}

export function describe(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}

function statusOf(thrown: unknown): unknown {
  const metadata = thrown instanceof Error ? Reflect.get(thrown, '$metadata') : undefined;
  return typeof metadata === 'object' && metadata !== null
    ? Reflect.get(metadata, 'httpStatusCode')
    : undefined;
}
