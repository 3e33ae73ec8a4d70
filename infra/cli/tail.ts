/** `tail`: events as they land on the bus. */
import { z } from 'zod';
import { EVENT_SOURCE } from '../../functions/poller/contract.ts';
import { InvalidEventPattern, parseEventPattern } from '../local/aws/event-pattern.ts';
import { CliFailure, EXIT } from './failure.ts';
import type { Io } from './io.ts';
import type { Target } from './target.ts';

const envelopeSchema = z.object({
  'detail-type': z.string(),
  time: z.string(),
  resources: z.array(z.string()),
});

export interface TailFlags {
  readonly rule: string | undefined;
  readonly json: boolean;
  /** Ends after so many events; never where not given. */
  readonly count: number | undefined;
}

/** A line an event: type, time and object; the properties only with `--json`, since they are personal data. */
export async function tailEvents(io: Io, target: Target, { rule, json, count }: TailFlags): Promise<void> {
  const pattern = rule ?? JSON.stringify({ source: [EVENT_SOURCE] });
  try {
    parseEventPattern(pattern);
  } catch (error) {
    if (!(error instanceof InvalidEventPattern)) throw error;
    throw new CliFailure(error.message, 'Give --rule an event pattern, as a rule has it.', EXIT.usage);
  }
  io.err(`${target.about}: events of bus ${target.eventBusName} as they land; Ctrl-C ends it.`);
  const enough = new AbortController();
  let shown = 0;
  const signal = AbortSignal.any([io.signal, enough.signal]);
  await target.follow(
    pattern,
    (envelope) => {
      if (signal.aborted) return;
      io.out(json ? JSON.stringify(envelope) : describeEvent(envelope));
      shown += 1;
      if (shown === count) enough.abort();
    },
    signal,
  );
}

function describeEvent(envelope: unknown): string {
  const { time, resources, ...event } = envelopeSchema.parse(envelope);
  return `${time} ${event['detail-type']} ${resources.join(' ')}`;
}
