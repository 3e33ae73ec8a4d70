import { describe, expect, test } from 'vitest';
import { createPortalState } from '../../infra/simulator/answer.ts';
import { makeEventKind } from '../../infra/simulator/event-kind.ts';
import { createGeneratedHistory } from '../../infra/simulator/generated-history.ts';
import { comparePositions, type PlacedEvent } from '../../infra/simulator/simulated-event.ts';
import { ask, EVENTS, NOW } from './ask.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function scanAll(
  history: ReturnType<typeof createGeneratedHistory>,
  from: number,
  to: number,
): PlacedEvent[] {
  return history.eventTypes().flatMap((eventType) => [...history.scan(eventType, from, to)]);
}

function timesOf(page: unknown): string[] {
  return JSON.stringify(page).match(/(?<="occurredAt":")[^"]+/g) ?? [];
}

describe('generated history', () => {
  test('is the same for the same seed, whatever was read before', () => {
    const fresh = scanAll(createGeneratedHistory(), NOW - HOUR_MS, NOW);
    const used = createGeneratedHistory({ keptEvents: 100 });
    scanAll(used, NOW - 3 * HOUR_MS, NOW - 2 * HOUR_MS);
    expect(fresh.length).toBeGreaterThan(1_000);
    expect(scanAll(used, NOW - HOUR_MS, NOW)).toEqual(fresh);
    expect(scanAll(createGeneratedHistory({ seed: 'other' }), NOW - HOUR_MS, NOW)).not.toEqual(fresh);
  });

  test('is extended, not changed, by a later now', () => {
    const history = createGeneratedHistory();
    const early = scanAll(history, NOW - HOUR_MS, NOW).filter(({ visibleAt }) => visibleAt <= NOW);
    const later = new Set(
      scanAll(createGeneratedHistory(), NOW - HOUR_MS, NOW + HOUR_MS).map(({ json }) => json),
    );
    expect(early.filter(({ json }) => !later.has(json))).toEqual([]);
    expect(later.size).toBeGreaterThan(early.length);
  });

  test('is cut anywhere without losing or repeating an event', () => {
    const history = createGeneratedHistory();
    const whole = [...history.scan('e_visited_page', NOW - HOUR_MS, NOW)];
    const cut = whole[100]?.occurredAt ?? NOW;
    const parts = [
      ...history.scan('e_visited_page', NOW - HOUR_MS, cut - 1),
      ...history.scan('e_visited_page', cut, NOW),
    ];
    expect(parts).toEqual(whole);
    expect([...whole].sort(comparePositions)).toEqual(whole);
  });

  test('has ids that are unique within a type, and now and then the same in two', () => {
    const events = scanAll(createGeneratedHistory(), NOW - 6 * HOUR_MS, NOW);
    const keys = events.map(({ json }) => JSON.parse(json)).map(({ eventType, id }) => `${eventType}/${id}`);
    expect(new Set(keys).size).toBe(events.length);
    expect(new Set(keys.map((key) => key.split('/')[1])).size).toBeLessThan(events.length);
  });

  test('shows most events within two seconds, some after minutes, few after hours', () => {
    const delays = [...createGeneratedHistory().scan('e_visited_page', NOW - DAY_MS, NOW)].map(
      ({ visibleAt, occurredAt }) => visibleAt - occurredAt,
    );
    const share = (from: number, to: number) =>
      delays.filter((ms) => ms >= from && ms < to).length / delays.length;
    expect(share(0, 2_000)).toBeGreaterThan(0.97);
    expect(share(30_000, HOUR_MS)).toBeGreaterThan(0.01);
    expect(share(HOUR_MS, 7 * HOUR_MS)).toBeGreaterThan(0.0003);
    expect(Math.min(...delays)).toBeGreaterThan(0);
  });

  test('follows the hours of a day at the rate of each type', () => {
    const history = createGeneratedHistory();
    const day = NOW - (NOW % DAY_MS);
    const count = (type: string, hour: number) =>
      [...history.scan(type, day + hour * HOUR_MS, day + (hour + 1) * HOUR_MS - 1)].length;
    expect(count('e_opened_email_v2', 13)).toBeGreaterThan(5 * count('e_opened_email_v2', 1));
    const all = [...history.scan('e_visited_page', day, day + DAY_MS - 1)].length;
    expect(all / 86_400).toBeCloseTo(1, 1);
  });

  test('starts where it is told to, and gives measurements the number of events they ask for', () => {
    const kinds = [makeEventKind('pe1_measured', 1_000_000)];
    const history = createGeneratedHistory({ kinds, startsAt: NOW - HOUR_MS });
    const events = [...history.scan('pe1_measured', 0, NOW - 1)];
    expect(events[0]?.occurredAt).toBeGreaterThanOrEqual(NOW - HOUR_MS);
    expect(events.length / (1_000_000 / 24)).toBeCloseTo(1, 1);
  });

  test('shows nothing that has not happened', () => {
    const state = createPortalState({}, createGeneratedHistory());
    const query = `eventType=e_visited_page&occurredAfter=${NOW - 60_000}&limit=1000`;
    const times = timesOf(ask(state, `${EVENTS}?${query}`).body);
    expect(times.length).toBeGreaterThan(10);
    expect(times.filter((time) => Date.parse(time) > NOW)).toEqual([]);
  });

  test('and events handed over stand in one order', () => {
    const state = createPortalState({}, createGeneratedHistory());
    state.log.add([{ eventType: 'e_visited_page', id: 'mine', occurredAt: NOW - 60_000 }]);
    const query = `eventType=e_visited_page&occurredAfter=${NOW - 90_000}&limit=1000`;
    const times =
      JSON.stringify(ask(state, `${EVENTS}?${query}`).body).match(/(?<="occurredAt":")[^"]+/g) ?? [];
    expect(times).toContain(new Date(NOW - 60_000).toISOString());
    expect([...times].sort()).toEqual(times);
  });
});
