/** A day beside a real account: 150 event types, most of them quiet, HubSpot's limit of 190, late events. */
import { z } from 'zod';
import { makeEventKind } from '../../../infra/simulator/event-kind.ts';
import { createGeneratedHistory } from '../../../infra/simulator/generated-history.ts';
import { type BenchCase, judge, show, showShare } from '../case.ts';
import { createVirtualLab, MINUTE_MS } from '../lab/virtual-lab.ts';

const MIDNIGHT = Date.UTC(2026, 10, 10);
const HOUR_MS = 60 * MINUTE_MS;
const TYPES = 150;
const BUSY_TYPES = 30;
/** Some of them, the busiest left out, for the counts alone. */
const SMALL_TYPES = 26;
/** The share of requests that HubSpot may have to refuse. */
const MOST_REFUSED = 0.01;
/** What HubSpot shows late is found by the next sweep, or before it is twice as late: what it showed last is not counted yet. */
const SETTLE_MS = 2 * HOUR_MS;

const KINDS = Array.from({ length: TYPES }, (_, index) => {
  const name = `pe8675309_type_${String(index).padStart(3, '0')}`;
  return makeEventKind(name, index < BUSY_TYPES ? 20 * 1.25 ** index : 1);
});
const idSchema = z.object({ id: z.string() });
const detailSchema = z.object({ metadata: z.object({ idempotencyKey: z.string() }) });

export const portalDay: BenchCase = {
  name: 'portal-day',
  about: 'a day of a portal with 150 event types: lost, refused and requests an hour',
  isTimed: false,
  async run(size) {
    const hours = size === 'full' ? 24 : 3;
    const kinds = size === 'full' ? KINDS : KINDS.slice(0, SMALL_TYPES);
    const endsAt = MIDNIGHT + hours * HOUR_MS;
    const history = createGeneratedHistory({ seed: 'portal-day', kinds, startsAt: MIDNIGHT });
    const published = new Map<string, number>();
    const lab = createVirtualLab({
      startAt: MIDNIGHT,
      history,
      settings: { eventTypes: 'all', maxRequestsPer10Seconds: 171 },
      onPublished: ({ detail }) => {
        const key = detailSchema.parse(JSON.parse(detail)).metadata.idempotencyKey;
        published.set(key, (published.get(key) ?? 0) + 1);
      },
    });
    await lab.runUntil(endsAt);

    const due = kinds.flatMap(({ eventType }) =>
      [...history.scan(eventType, MIDNIGHT + MINUTE_MS, endsAt - SETTLE_MS)].flatMap((event) => {
        const foundAt = event.visibleAt + (event.visibleAt - event.occurredAt);
        const key = `main/${eventType}/${idSchema.parse(JSON.parse(event.json)).id}`;
        return foundAt > endsAt - SETTLE_MS ? [] : [key];
      }),
    );
    const lost = due.filter((key) => !published.has(key)).length;
    const repeated = [...published.values()].filter((times) => times > 1).length;
    const { requests } = lab.counts;
    const refused = requests.filter(({ status }) => status === 429).length;
    const perHour = Array.from(
      { length: hours },
      (_, hour) => requests.filter(({ at }) => Math.floor((at - MIDNIGHT) / HOUR_MS) === hour).length,
    );
    const worstLag = Math.max(...lab.counts.lagsSeconds);
    return {
      rows: [
        {
          what: `${show(published.size)} events of ${kinds.length} types in ${hours} h: lost, repeated`,
          poller: `${lost}, ${repeated}`,
          target: '0, 0',
          verdict: judge(lost === 0 && repeated === 0),
        },
        {
          what: '… requests answered 429',
          poller: `${refused} of ${show(requests.length)}`,
          target: `< ${showShare(MOST_REFUSED)}`,
          verdict: judge(refused / requests.length < MOST_REFUSED),
        },
        {
          what: '… requests an hour, least and most',
          poller: `${show(Math.min(...perHour))} and ${show(Math.max(...perHour))}`,
          target: '',
          verdict: 'shown',
        },
        { what: '… highest lag', poller: `${show(worstLag)} s`, target: '', verdict: 'shown' },
      ],
      notes: [
        `portal-day: virtual time, 2 % of the events minutes late and 0.1 % hours late; requests by hour: ${perHour.join(' ')}.`,
      ],
      counts: { lost, repeated, refused, requests: requests.length, events: published.size, worstLag },
    };
  },
};
