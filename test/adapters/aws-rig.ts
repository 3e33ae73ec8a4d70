/** The AWS services on loopback, for the SDK's own clients; every call meets the fault that a test decides. */
import type { RetryPlan } from '../../functions/poller/adapters/retry.ts';
import { type Endpoint, startEndpoint } from '../../infra/local/aws/endpoint.ts';
import type { Fault } from '../../infra/local/aws/fault.ts';
import { createSteppingClock, half, type SteppingClock } from './stepping-clock.ts';

/** 2026-11-10T12:00:00Z */
export const NOON = Date.UTC(2026, 10, 10, 12);
export const REGION = 'eu-west-1';
export const ACCOUNT = '000000000000';
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

export interface AwsRig extends AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly clock: SteppingClock;
  /** Up to a minute after NOON. */
  readonly retry: RetryPlan;
  /** What a client of the SDK is made with. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly maxAttempts: 1;
  };
  /** The actions that were asked for, in their order. */
  readonly calls: readonly string[];
  /** From now on calls meet this fault. */
  fail(fault: (action: string, body: string) => Fault): void;
}

export async function createAwsRig(): Promise<AwsRig> {
  const calls: string[] = [];
  let fault: (action: string, body: string) => Fault = () => 'pass';
  const endpoint = await startEndpoint(CREDENTIALS, ({ action, body }) => {
    calls.push(action);
    return fault(action, body);
  });
  const clock = createSteppingClock(NOON);
  return {
    endpoint,
    clock,
    calls,
    retry: { clock, random: half, until: () => NOON + 60_000 },
    client: {
      endpoint: endpoint.url,
      region: REGION,
      credentials: CREDENTIALS,
      maxAttempts: 1,
    },
    fail: (next) => {
      fault = next;
    },
    [Symbol.asyncDispose]: () => endpoint.close(),
  };
}
