/** Peak memory of the function's process, far behind and less far behind, as a 256 MB function. */
import { type BenchCase, judge, show } from '../case.ts';
import { functionNamed, openStackLab } from '../lab/stack-lab.ts';

const LATENCY_MS = 250;
const EVERY_MS = 40;
const TYPES = ['e_behind_0', 'e_behind_1', 'e_behind_2', 'e_behind_3'];
const FUNCTION_MB = 256;

export const memory: BenchCase = {
  name: 'memory',
  about: 'peak memory at 400,000 events behind against 20,000, as a 256 MB function',
  async run(size) {
    const [few, many] = size === 'full' ? [20_000, 400_000] : [2_000, 6_000];
    const ofFew = await peakOf(few, 90);
    const ofMany = await peakOf(many, 90);
    const unthrottled = size === 'full' ? await peakOf(many, 10_000) : ofMany;
    const ratio = ofMany.peakMb / ofFew.peakMb;
    return {
      rows: [
        {
          what: `peak memory, ${show(many)} events behind against ${show(few)}`,
          poller: `${show(ofMany.peakMb)} MB / ${show(ofFew.peakMb)} MB = ${show(ratio, 2)} ×`,
          target: '≤ 1.10 ×',
          verdict: judge(ratio <= 1.1),
        },
        {
          what: `… in a ${FUNCTION_MB} MB function`,
          poller: `${show(ofMany.peakMb)} MB`,
          target: `< ${FUNCTION_MB} MB`,
          verdict: judge(ofMany.peakMb < FUNCTION_MB),
        },
        {
          what: '… without a rate limit, as fast as the CPU goes',
          poller: `${show(unthrottled.peakMb)} MB`,
          target: '',
          verdict: 'shown',
        },
      ],
      notes: [
        `memory: the most resident memory of a fresh process (Node, its libraries and the bundle included), started as Lambda starts a ${FUNCTION_MB} MB function, with --max-old-space-size=230; HubSpot's limit of 190 and the default of 90 requests in 10 s, answers after ${LATENCY_MS} ms. What lives is small (the heap in use stays under 90 MB): the rest is the room V8 gives its young generation, which --max-semi-space-size bounds, and the pages read ahead; ${show(few)} events are over before either is full.`,
      ],
      counts: {
        ratio,
        fewMb: ofFew.peakMb,
        manyMb: ofMany.peakMb,
        fewEvents: ofFew.events,
        manyEvents: ofMany.events,
        unthrottledMb: unthrottled.peakMb,
      },
    };
  },
};

async function peakOf(
  events: number,
  maxRequestsPer10Seconds: number,
): Promise<{ readonly peakMb: number; readonly events: number }> {
  const endsAt = Date.now() - 60_000;
  const startsAt = endsAt - (events / TYPES.length) * EVERY_MS;
  const history = { eventTypes: TYPES, startsAt, endsAt, everyMs: EVERY_MS };
  const per10Seconds = maxRequestsPer10Seconds > 190 ? null : 190;
  await using lab = await openStackLab({
    history,
    latencyMs: LATENCY_MS,
    per10Seconds,
    entry: functionNamed('measured-poller'),
  });
  const startFrom = new Date(startsAt).toISOString();
  const { measured, eventsPublished } = await lab.invoke({
    eventTypes: TYPES,
    startFrom,
    maxRequestsPer10Seconds,
    sweepEveryMinutes: 0,
  });
  return { peakMb: measured.peakRssMb, events: eventsPublished };
}
