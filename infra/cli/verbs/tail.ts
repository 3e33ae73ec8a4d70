/** `tail`: events as they land on the bus. */
import { z } from 'zod';
import { EVENT_SOURCE } from '../../../functions/poller/contract.ts';
import { InvalidEventPattern, parseEventPattern } from '../../local/aws/pattern/event-pattern.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { type Column, formOf, toLine } from '../show/rows.ts';
import { defineVerb, flag, JSON_FLAG } from '../verb.ts';

const envelopeSchema = z.object({
  'detail-type': z.string(),
  time: z.string(),
  resources: z.array(z.string()),
  detail: z.looseObject({ metadata: z.looseObject({ portal: z.string() }).optional() }).optional(),
});

type Envelope = z.output<typeof envelopeSchema>;

/** Without the properties: these are personal data. */
const columns: readonly Column<Envelope>[] = [
  { key: 'time', value: ({ time }) => time },
  { key: 'eventType', value: (event) => event['detail-type'] },
  { key: 'resource', value: ({ resources }) => resources.join(' ') },
];

export const tail = defineVerb({
  name: 'tail',
  summary:
    'shows events as they land on the bus, until Ctrl-C (on AWS by a rule and a queue that exist meanwhile)',
  examples: [
    'tail',
    `tail --rule '{"detail-type":[{"prefix":"e_form"}]}'`,
    'tail --portal main --count 10 --json',
  ],
  flags: {
    rule: flag(
      '--rule <pattern>',
      'only events that a rule with this event pattern matches',
      z.string().optional(),
    ),
    count: flag(
      '--count <n>',
      'end after so many events',
      z
        .string()
        .regex(/^[1-9]\d{0,8}$/, 'must be a whole number of 1 or more')
        .transform(Number)
        .optional(),
    ),
    json: JSON_FLAG(),
  },
  run: async ({ io, target: open, named }, { rule, count, json }) => {
    const pattern = rule ?? JSON.stringify({ source: [EVENT_SOURCE] });
    assertPattern(pattern);
    const target = await open();
    const portal = (await named())?.name;
    io.err(`${target.about}: events of bus ${target.bus.name} as they land; Ctrl-C ends it.`);
    const enough = new AbortController();
    const signal = AbortSignal.any([io.signal, enough.signal]);
    const isTable = formOf(io, json) === 'table';
    let shown = 0;
    await target.bus.follow(
      pattern,
      (envelope) => {
        const event = envelopeSchema.parse(envelope);
        if (signal.aborted || (portal !== undefined && event.detail?.metadata?.portal !== portal)) return;
        const line = toLine(columns, event);
        io.write(json ? JSON.stringify(envelope) : isTable ? line.replaceAll('\t', '  ') : line);
        shown += 1;
        if (shown === count) enough.abort();
      },
      signal,
    );
  },
});

/** @throws CliFailure where no rule could have it */
function assertPattern(pattern: string): void {
  try {
    parseEventPattern(pattern);
  } catch (error) {
    if (!(error instanceof InvalidEventPattern)) throw error;
    throw new CliFailure(error.message, 'Give --rule an event pattern, as a rule has it.', EXIT.usage);
  }
}
