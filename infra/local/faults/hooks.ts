/** What the switches that are on mean for the simulated HubSpot and for AWS: for tests, simulations and the page alike. */
import { setTimeout as wait } from 'node:timers/promises';
import type { AcceptedToken, PortalBehaviour } from '../../simulator/behaviour.ts';
import type { Fault as HubSpotFault } from '../../simulator/faults/fault.ts';
import { type Fault, failWith, type ServiceCall } from '../aws/fault.ts';
import { REFUSED_TYPE, type SwitchId } from './catalogue.ts';

/** Every so many requests one is let through, is refused, or loses its answer. */
const LET_THROUGH_EVERY = 4;
/** After each refusal the whole portal waits up to ten seconds, as HubSpot's window is long. */
const REFUSE_EVERY = 4;
const LOSE_EVERY = 5;
const HUBSPOT_SLOW_MS = 2_000;
const DYNAMODB_SLOW_MS = 500;

export type Switches = ReadonlySet<SwitchId>;

/** How a simulated portal behaves, given its own tokens. */
export function behaviourUnder(on: Switches, tokens: readonly AcceptedToken[]): Partial<PortalBehaviour> {
  return {
    tokens: on.has('token-refused') ? [] : tokens,
    accountRefusal: on.has('scope-taken') ? 'missing-scopes' : null,
    typeRefusals: on.has('type-refused') ? { [REFUSED_TYPE]: 'storage-locations' } : {},
    fault: on.size > 0 ? ({ index }) => hubSpotFault(on, index) : null,
  };
}

/** One fault for each request: the gravest that is on. */
function hubSpotFault(on: Switches, index: number): HubSpotFault | null {
  if (on.has('hubspot-down')) return { kind: 'status', status: 503 };
  if (on.has('hubspot-throttled') && index % REFUSE_EVERY === 0) return { kind: 'status', status: 429 };
  if (on.has('hubspot-slow')) return { kind: 'slow', delayMs: HUBSPOT_SLOW_MS, when: 'before-answer' };
  return on.has('pages-unordered') ? { kind: 'unordered-page' } : null;
}

/** What becomes of the n-th call to a service of AWS. */
export async function awsFaultUnder(
  on: Switches,
  { service, action }: ServiceCall,
  n: number,
): Promise<Fault> {
  switch (service) {
    case 'sqs':
      return on.has('sqs-down') ? failWith(503, 'ServiceUnavailable') : 'pass';
    case 'eventbridge':
      if (action !== 'PutEvents') return 'pass';
      if (on.has('eventbridge-throttled') && n % LET_THROUGH_EVERY !== 0)
        return failWith(400, 'ThrottlingException', 'Rate exceeded');
      return on.has('eventbridge-losing-answers') && n % LOSE_EVERY === 0 ? 'drop-answer' : 'pass';
    case 'dynamodb':
      if (on.has('dynamodb-slow')) await wait(DYNAMODB_SLOW_MS);
      return on.has('dynamodb-throttled') && n % LET_THROUGH_EVERY !== 0
        ? failWith(400, 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException')
        : 'pass';
    case 'secretsmanager':
      return 'pass';
    default:
      return service satisfies never;
  }
}
