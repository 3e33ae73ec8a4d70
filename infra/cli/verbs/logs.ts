/** `logs`: what the poller wrote about its runs. */
import { z } from 'zod';
import { isFailureCode } from '../../../functions/poller/errors.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { instantFlag } from '../instant-flag.ts';
import { plural } from '../show/format.ts';
import { type Column, formOf, toLine } from '../show/rows.ts';
import { hasStream, requireStream } from '../stream-rows.ts';
import { parseLine } from '../target/run-line.ts';
import type { Target, TargetPortal } from '../target/target.ts';
import { defineVerb, flag, JSON_FLAG, nameOf, toggle } from '../verb.ts';

const lineSchema = z.looseObject({
  timestamp: z.string().optional(),
  level: z.string().optional(),
  message: z.string(),
  portal: z.string().optional(),
  stream: z.string().optional(),
  code: z.string().optional(),
  reason: z.string().optional(),
  eventsPublished: z.number().optional(),
  streamsFailing: z.number().optional(),
});

type Line = z.output<typeof lineSchema>;

const columns: readonly Column<Line>[] = [
  { key: 'timestamp', value: ({ timestamp }) => timestamp ?? null },
  { key: 'level', value: ({ level }) => level ?? null },
  { key: 'portal', value: ({ portal }) => portal ?? null },
  { key: 'stream', value: ({ stream }) => stream ?? null },
  { key: 'code', value: ({ code }) => code ?? null },
  { key: 'message', value: ({ message }) => message },
  { key: 'reason', value: ({ reason }) => reason ?? null },
];

export const logs = defineVerb({
  name: 'logs',
  summary: 'shows what the poller wrote of its runs in the last hour, and with --follow what it writes',
  examples: [
    'logs --from -1d --code hubspot-unauthorized',
    'logs --follow --portal main',
    'logs --stream e_visited_page --json',
  ],
  flags: {
    from: flag(
      '--from <instant>',
      'since when: -1h where not given',
      instantFlag.default(() => hourAgo),
    ),
    stream: flag('--stream <name>', 'only lines about this stream', nameOf('a stream').optional()),
    code: flag(
      '--code <code>',
      'only failures of this code',
      z
        .string()
        .refine(isFailureCode, 'must be a code of the runbook, such as hubspot-unauthorized')
        .optional(),
    ),
    follow: toggle('--follow', 'until Ctrl-C'),
    json: JSON_FLAG(),
  },
  run: async ({ io, target: open, named, portals }, { from, stream, code, follow, json }) => {
    const since = from(io.now());
    if (since > io.now())
      throw new CliFailure(
        'What will be written is not known yet.',
        'Give --from an instant before now.',
        EXIT.usage,
      );
    const target = await open();
    if (stream !== undefined) await assertStream(target, await portals(), stream);
    const portal = (await named())?.name;
    const form = formOf(io, json);
    if (form === 'lines') io.write(columns.map(({ key }) => key).join('\t'));
    let shown = 0;
    const show = (text: string) => {
      const { data } = lineSchema.safeParse(parseLine(text));
      if (data === undefined) return;
      shown += 1;
      if (form === 'json') io.write(text);
      else form === 'lines' ? io.write(toLine(columns, data)) : io.out(describe(data));
    };
    const query = { from: since, portal, stream, code };
    await target.readLog(query, show, follow ? io.signal : undefined);
    if (shown === 0 && form === 'table') io.out(`${target.about}: no such line.`);
  },
});

/** @throws CliFailure where no portal has it */
async function assertStream(target: Target, portals: readonly TargetPortal[], stream: string): Promise<void> {
  for (const portal of portals) {
    const state = await target.store().readPortal(portal.name);
    if (hasStream(portal, state, stream)) return;
    if (portals.length === 1) requireStream(portal, state, stream);
  }
  throw new CliFailure(`No portal has a stream ${stream}.`, `{events status --portal NAME}`, EXIT.usage);
}

const hourAgo = (now: number) => now - 3_600_000;

/** `22:10:12 WARN  main e_visited_page  A stream failed (hubspot-throttled): …` */
function describe({
  timestamp = '',
  level = '',
  portal,
  stream,
  code,
  message,
  reason,
  ...figures
}: Line): string {
  const { eventsPublished, streamsFailing } = figures;
  const about = [portal, stream].filter((name) => name !== undefined).join(' ');
  const why = reason === undefined ? '' : `: ${reason}`;
  const told =
    eventsPublished === undefined
      ? ''
      : `: ${eventsPublished} published, ${plural(streamsFailing ?? 0, 'stream')} failing`;
  return `${timestamp.slice(0, 19)} ${level.padEnd(5)} ${about}  ${message}${code === undefined ? '' : ` (${code})`}${why}${told}`;
}
