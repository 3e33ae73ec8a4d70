/**
 * The one interface to all that can be made to go wrong on the local stack.
 *
 *   page, storm, tests ──▶ set, press ──┬▶ the simulated portals' behaviour and events
 *                                       ├▶ the AWS endpoints' fault hook
 *                                       └▶ the function: its processes and their clock
 */
import type { AcceptedToken } from '../../simulator/behaviour.ts';
import type { HubSpotPortal } from '../../simulator/portal.ts';
import type { FaultHook, ServiceCall } from '../aws/fault.ts';
import type { LocalStack } from '../stack.ts';
import { BUTTONS, type ButtonId, SWITCHES, type SwitchId } from './catalogue.ts';
import { awsFaultUnder, behaviourUnder } from './hooks.ts';

/** A simulated portal as it is polled here. */
export interface FaultyPortal {
  readonly name: string;
  readonly portal: HubSpotPortal;
  readonly tokens: readonly AcceptedToken[];
  /** The types that have events by themselves. */
  readonly eventTypes: readonly string[];
}

export interface Faults {
  /** For the endpoints: EventBridge, SQS, DynamoDB. */
  readonly onRequest: FaultHook;
  /** The parts come one after the other: the endpoints need the hook before there is a stack. */
  readonly attachPortals: (portals: readonly FaultyPortal[]) => void;
  readonly attachStack: (stack: Pick<LocalStack, 'kill' | 'coldStart' | 'moveClock'>) => void;
  /** What happens where a button does more than end a process. */
  readonly attachButtons: (press: Partial<Record<ButtonId, () => Promise<void>>>) => void;
  readonly isOn: (id: SwitchId) => boolean;
  readonly set: (id: SwitchId, isOn: boolean) => void;
  readonly mendAll: () => void;
  /** @throws where the fault needs a part that is not simulated here */
  readonly press: (id: ButtonId) => Promise<void>;
  /** Why a fault cannot be had here; undefined where it can. */
  readonly unavailable: (id: SwitchId | ButtonId) => string | undefined;
  readonly onNotice: (listener: (notice: Notice) => void) => void;
}

/** What somebody who counts must know of a fault. */
export type Notice =
  | { readonly kind: 'changed' }
  /** EventBridge takes these entries, and its answer is lost. */
  | { readonly kind: 'lost-answer'; readonly body: string }
  /** The function's processes are ended, at once or after their invocation. */
  | { readonly kind: 'process-ended' };

const HOUR_MS = 3_600_000;

export interface FaultsOptions {
  /** False where DynamoDB is one that was started elsewhere. */
  readonly isDynamoDbOurs: boolean;
}

/** Nothing broken, nothing attached. */
export function createFaults({ isDynamoDbOurs }: FaultsOptions): Faults {
  const on = new Set<SwitchId>();
  const listeners: ((notice: Notice) => void)[] = [];
  const calls = new Map<string, number>();
  let portals: readonly FaultyPortal[] = [];
  let stack: Pick<LocalStack, 'kill' | 'coldStart' | 'moveClock'> | undefined;
  const buttons = new Map<string, () => Promise<void>>();
  const tell = (notice: Notice) => {
    for (const listener of listeners) listener(notice);
  };

  function unavailable(id: SwitchId | ButtonId): string | undefined {
    const { group } = { ...SWITCHES, ...BUTTONS }[id];
    if (portals.length === 0 && (group === 'HubSpot' || group === 'Events' || id === 'day-offline'))
      return 'The real HubSpot is polled: it cannot be broken from here.';
    if (!isDynamoDbOurs && id.startsWith('dynamodb'))
      return 'AWS_ENDPOINT_URL_DYNAMODB names a DynamoDB that was started elsewhere.';
    return undefined;
  }

  function refuseUnavailable(id: SwitchId | ButtonId): void {
    const reason = unavailable(id);
    if (reason !== undefined) throw new Error(`Breaking ${id}: it must be possible here. ${reason}`);
  }

  function set(id: SwitchId, isOn: boolean): void {
    refuseUnavailable(id);
    if (on.has(id) === isOn) return;
    if (isOn) on.add(id);
    else on.delete(id);
    for (const { portal, tokens } of portals) portal.change(behaviourUnder(on, tokens));
    if (id === 'clock-back') {
      stack?.moveClock(isOn ? -HOUR_MS : 0);
      tell({ kind: 'process-ended' });
    }
    tell({ kind: 'changed' });
  }

  async function onRequest(call: ServiceCall) {
    if (on.size === 0) return 'pass';
    const n = (calls.get(call.service) ?? 0) + 1;
    calls.set(call.service, n);
    const fault = await awsFaultUnder(on, call, n);
    if (fault === 'drop-answer') tell({ kind: 'lost-answer', body: call.body });
    return fault;
  }

  return {
    onRequest,
    attachPortals: (attached) => {
      portals = attached;
    },
    attachStack: (attached) => {
      stack = attached;
      buttons.set('kill', async () => attached.kill());
      buttons.set('cold-start', async () => attached.coldStart());
    },
    attachButtons: (attached) => {
      for (const [id, press] of Object.entries(attached)) buttons.set(id, press);
    },
    isOn: (id) => on.has(id),
    set,
    mendAll: () => {
      for (const id of [...on]) set(id, false);
    },
    press: async (id) => {
      refuseUnavailable(id);
      if (id === 'kill' || id === 'cold-start') tell({ kind: 'process-ended' });
      await buttons.get(id)?.();
    },
    unavailable,
    onNotice: (listener) => listeners.push(listener),
  };
}
