/** A function on this machine's stack, polling a simulated portal in a process of its own, with its calls counted. */
import { z } from 'zod';
import { ENVIRONMENT } from '../../../functions/poller/contract.ts';
import { bundleFunction } from '../../../infra/build/bundle.ts';
import { type Synthesized, synthesize } from '../../../infra/build/synth.ts';
import { createOpened } from '../../../infra/local/opened.ts';
import { type LocalStack, startLocalStack } from '../../../infra/local/stack.ts';
import { SIMULATED_TOKEN } from '../../../infra/simulator/behaviour.ts';
import { measuredSchema } from '../functions/measure.ts';
import { type PortalOrder, type PortalProcess, startPortalProcess } from './portal-process.ts';

export interface StackLabOptions extends PortalOrder {
  /** The source of the function; its own bundle is made of it. */
  readonly entry: string;
  /** Over the template's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A bundle that is made already, in place of the entry's own. */
  readonly assetDirectory?: string;
}

const resultSchema = z.looseObject({
  eventsPublished: z.number(),
  hubSpotRequests: z.number().optional(),
  measured: measuredSchema,
});

export type LabResult = z.output<typeof resultSchema>;

export interface StackLab extends AsyncDisposable {
  readonly portal: PortalProcess;
  readonly stack: LocalStack;
  /** Calls by service and action, such as `eventbridge.PutEvents`, since the start. */
  readonly calls: ReadonlyMap<string, number>;
  /** Events on the bus since the start. */
  readonly eventsOnBus: () => number;
  /** Bytes that the function wrote to its log since the start. */
  readonly logBytes: () => number;
  /** Invokes the function with a portal's settings. @throws where the run fails */
  readonly invoke: (settings: object, timeoutMs?: number) => Promise<LabResult>;
  readonly close: () => Promise<void>;
}

/** The events' last copies on the bus are of no use here: they would be the bench's own memory. */
const KEPT_EVENTS = 1_000;

let synthesized: Synthesized | undefined;

/** The stack, synthesized once in a process. */
export function synthesizeOnce(): Synthesized {
  synthesized ??= synthesize();
  return synthesized;
}

/** The lab, once everything listens. */
export async function openStackLab(options: StackLabOptions): Promise<StackLab> {
  const opened = createOpened();
  try {
    const portal = await startPortalProcess(options);
    opened.add(portal.close);
    const calls = new Map<string, number>();
    const seen = { events: 0, logBytes: 0 };
    const { environment, entry, assetDirectory = bundleFunction(entry) } = options;
    const stack = await startLocalStack({
      synthesized: { ...synthesizeOnce(), assetDirectory },
      secrets: { main: SIMULATED_TOKEN },
      environment: { [ENVIRONMENT.apiUrls]: portal.url, ...environment },
      keptEvents: KEPT_EVENTS,
      onRequest: ({ service, action }) => {
        const name = `${service}.${action}`;
        calls.set(name, (calls.get(name) ?? 0) + 1);
        return 'pass';
      },
      onLine: (line) => {
        seen.logBytes += Buffer.byteLength(line) + 1;
      },
    });
    opened.add(stack.close);
    stack.onEvent(() => {
      seen.events += 1;
    });
    return {
      portal,
      stack,
      calls,
      eventsOnBus: () => seen.events,
      logBytes: () => seen.logBytes,
      invoke: async (settings, timeoutMs) => {
        const input = { portal: 'main', secretId: 'hubspot-events/main', apiUrl: portal.url, ...settings };
        const options = timeoutMs === undefined ? {} : { timeoutMs };
        const result = await stack.invokeWith(JSON.stringify(input), options);
        if (!result.ok) throw new Error(`The measured run failed: ${result.errorMessage}`);
        return resultSchema.parse(JSON.parse(result.payload));
      },
      close: opened.close,
      [Symbol.asyncDispose]: opened.close,
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** The path of a function's source in test/bench/functions. */
export function functionNamed(name: 'measured-poller' | 'naive' | 'bound' | 'bare'): string {
  return new URL(`../functions/${name}.ts`, import.meta.url).pathname;
}
