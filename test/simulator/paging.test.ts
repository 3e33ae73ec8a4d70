import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPortalState } from '../../infra/simulator/answer.ts';
import { type PortalBehaviour, UNLIMITED } from '../../infra/simulator/behaviour.ts';
import type { SimulatedEvent } from '../../infra/simulator/simulated-event.ts';
import { ask, askPage, askText, EVENTS, idsTo, makeEvents, NOW, readAllIds } from './ask.ts';

function portalOf(events: readonly SimulatedEvent[], behaviour: Partial<PortalBehaviour> = {}) {
  const state = createPortalState({ limits: UNLIMITED, ...behaviour });
  state.log.add(events);
  return state;
}

describe('cursor', () => {
  test('decoded once and encoded once gives every event once, in order', () => {
    expect(readAllIds(portalOf(makeEvents(25)), { limit: 4 })).toEqual(idsTo(25));
  });

  test('arrives percent-encoded about two times in three', () => {
    const state = portalOf(makeEvents(300));
    const cursors = idsTo(299).map((_, i) => askPage(state, { limit: i + 1 }).paging?.next.after ?? '');
    const encoded = cursors.filter((cursor) => cursor.endsWith('%3D')).length;
    expect(encoded / cursors.length).toBeGreaterThan(0.4);
    expect(encoded / cursors.length).toBeLessThan(0.9);
    expect(cursors.some((cursor) => cursor.includes('='))).toBe(false);
  });

  test('sent on without decoding it gives an empty second page where it is padded', () => {
    const state = portalOf(makeEvents(30));
    const outcomes = [1, 2, 3, 4, 5, 6, 7, 8].map((limit) => {
      const after = askPage(state, { limit }).paging?.next.after ?? '';
      const second = askPage(state, { limit, after });
      return { padded: after.includes('%'), events: second.results.length, next: second.paging };
    });
    expect(outcomes.some(({ padded }) => padded)).toBe(true);
    for (const { padded, events, next } of outcomes) {
      expect(events === 0 && next === undefined).toBe(padded);
    }
  });

  test('that is none is refused with a 400 that names the parameter', () => {
    const answer = ask(portalOf([]), `${EVENTS}?eventType=e_a&after=nonsense`);
    expect(answer).toMatchObject({
      status: 400,
      body: { category: 'VALIDATION_ERROR', errors: [{ in: 'after' }] },
    });
  });

  test('never returns an event that became visible behind it', () => {
    const late = { eventType: 'e_a', id: 'late', occurredAt: NOW - 63_500, visibleAt: NOW + 1 };
    const state = portalOf([...makeEvents(10), late]);
    const first = askPage(state, { limit: 8 });
    const after = decodeURIComponent(first.paging?.next.after ?? '');
    expect(askPage(state, { limit: 8, after }, NOW + 10).results.map(({ id }) => id)).toEqual([
      'id-8',
      'id-9',
    ]);
    expect(readAllIds(state, { limit: 8 }, NOW + 10)).toContain('late');
  });

  test('passes through a millisecond with more events than a page', () => {
    const events = makeEvents(50, { occurredAt: NOW - 5_000, objectId: '51' });
    const ids = readAllIds(portalOf(events), { limit: 7 });
    expect(ids).toHaveLength(50);
    expect(new Set(ids)).toEqual(new Set(idsTo(50)));
  });

  test('of the link leads to the same page', () => {
    const state = portalOf(makeEvents(10));
    const { paging } = askPage(state, { limit: 4 });
    const url = new URL(paging?.next.link ?? '');
    expect(url.origin).toBe(state.origin);
    expect(ask(state, `${url.pathname}${url.search}`).body).toEqual(
      ask(state, `${EVENTS}?eventType=e_a&limit=4&after=${paging?.next.after}`).body,
    );
  });

  test('gives every visible event once, whatever the events, the page size and the empty pages', () => {
    const event = fc.record({
      occurredAt: fc.integer({ min: NOW - 20, max: NOW }),
      lateMs: fc.integer({ min: 0, max: 10 }),
      objectId: fc.constantFrom('1', '2', '26000000051'),
    });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 2, 3),
        (drawn, limit, emptyPageEvery) => {
          const events = drawn.map(({ occurredAt, lateMs, objectId }, i) => ({
            eventType: 'e_a',
            id: `id-${i}`,
            occurredAt,
            visibleAt: occurredAt + lateMs,
            objectId,
          }));
          const visible = events.filter(({ visibleAt }) => visibleAt <= NOW).map(({ id }) => id);
          const ids = readAllIds(portalOf(events, { emptyPageEvery }), { limit });
          expect([...ids].sort()).toEqual([...visible].sort());
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('page', () => {
  test('holds twenty events where no limit is given, and no paging where it is the last', () => {
    const state = portalOf(makeEvents(20));
    const page = askPage(state, {});
    expect(page.results).toHaveLength(20);
    expect(page).not.toHaveProperty('paging');
  });

  test('is ascending by occurredAt, whatever order events were added in', () => {
    const state = portalOf([...makeEvents(12)].reverse());
    expect(askPage(state, {}).results.map(({ id }) => id)).toEqual(idsTo(12));
    state.log.add([{ eventType: 'e_a', id: 'first', occurredAt: NOW - 3_600_000 }]);
    expect(askPage(state, {}).results[0]?.id).toBe('first');
  });

  test('may be empty and still have a next one, where the portal is told so', () => {
    const state = portalOf(makeEvents(20), { emptyPageEvery: 2 });
    const first = askPage(state, { limit: 5 });
    const second = askPage(state, { limit: 5, after: decodeURIComponent(first.paging?.next.after ?? '') });
    expect(second.results).toEqual([]);
    expect(second.paging?.next.after).not.toBe(first.paging?.next.after);
    expect(readAllIds(state, { limit: 5 })).toEqual(idsTo(20));
  });

  test('sorted backwards repeats events: why no reader should ask for it', () => {
    const state = portalOf(makeEvents(10));
    const first = askPage(state, { limit: 4, sort: '-occurredAt' });
    const after = decodeURIComponent(first.paging?.next.after ?? '');
    const second = askPage(state, { limit: 4, sort: '-occurredAt', after });
    expect(second.results.map(({ id }) => id)).toEqual(['id-9', 'id-8', 'id-7']);
  });

  test('shows an entry as it was handed over, to the last digit', () => {
    const json = '{"id":9007199254740993,"objectId":51,"occurredAt":1762765200000,"eventType":"e_a","x":1.0}';
    const state = portalOf([{ eventType: 'e_a', id: 'raw', occurredAt: NOW - 1, json }]);
    expect(askText(state, `${EVENTS}?eventType=e_a`)).toBe(`{"results":[${json}]}`);
  });

  test('leaves properties out where asked', () => {
    const state = portalOf(makeEvents(1, { properties: null }));
    expect(askText(state, `${EVENTS}?eventType=e_a`)).not.toContain('properties');
  });
});
