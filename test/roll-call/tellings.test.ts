import { describe, expect, test } from 'vitest';
import type { Telling, TroubleKind } from '../../functions/poller/ports.ts';
import type { PortalJudgement } from '../../functions/poller/roll-call/judge.ts';
import { writeMessage } from '../../functions/poller/roll-call/message.ts';
import { planTellings } from '../../functions/poller/roll-call/tellings.ts';

const FIVE_MINUTES = 300_000;

/** What each roll call saw, as `kind portal`. */
type Seen = readonly `${TroubleKind} ${string}`[];

function judgementsOf(seen: Seen): PortalJudgement[] {
  return seen.map((text) => {
    const [kind = '', portal = ''] = text.split(' ');
    return {
      portal,
      troubles: [{ kind: kindOf(kind), detail: 'so it is' }],
      lagSeconds: 0,
      standing: undefined,
    };
  });
}

function kindOf(text: string): TroubleKind {
  return text === 'failing' || text === 'behind' ? text : 'silent';
}

/** Roll calls five minutes apart: whom each of them tells of. */
function tellingsOf(calls: readonly Seen[]): string[][] {
  let kept: readonly Telling[] = [];
  return calls.map((seen, index) => {
    // Ticks have a jitter of up to a minute.
    const now = index * FIVE_MINUTES + (index % 2) * 45_000;
    const { due, next } = planTellings(kept, judgementsOf(seen), now);
    kept = next;
    return due.map(({ kind, portal }) => `${kind} ${portal}`);
  });
}

describe('somebody is told', () => {
  test('of a second portal while the first is still in trouble', () => {
    expect(
      tellingsOf([['silent a'], ['silent a', 'silent b'], ['silent a', 'silent b', 'silent c']]),
    ).toEqual([['silent a'], ['silent b'], ['silent c']]);
  });

  test('of the portal that takes the place of another, though the number is the same', () => {
    expect(tellingsOf([['silent a'], ['silent b']])).toEqual([['silent a'], ['silent b']]);
  });

  test('of a second trouble of the same portal', () => {
    expect(tellingsOf([['silent a'], ['behind a']])).toEqual([['silent a'], ['behind a']]);
  });

  test('once of what lasts for a week', () => {
    const told = tellingsOf(Array.from({ length: 2016 }, () => ['silent a'] as const)).flat();
    expect(told).toEqual(['silent a']);
  });

  test('of a failure once it has lasted for ten minutes', () => {
    expect(tellingsOf([['failing a'], ['failing a'], ['failing a'], ['failing a']])).toEqual([
      [],
      [],
      ['failing a'],
      [],
    ]);
  });

  test('never of a failure that comes and goes', () => {
    const calls: Seen[] = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? ['failing a'] : []));
    expect(tellingsOf(calls).flat()).toEqual([]);
  });

  test('once of a portal that falls silent again and again', () => {
    const calls: Seen[] = Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? ['silent a'] : []));
    expect(tellingsOf(calls).flat()).toEqual(['silent a']);
  });

  test('again of a portal that was well for an hour', () => {
    const hour: Seen[] = Array.from({ length: 13 }, () => []);
    expect(tellingsOf([['silent a'], ...hour, ['silent a']]).flat()).toEqual(['silent a', 'silent a']);
  });

  test('of no trouble twice, however many there are', () => {
    const outage = Array.from({ length: 3_000 }, (_, index): `silent ${string}` => `silent p${index}`);
    const [first = [], ...later] = tellingsOf([outage, outage, outage]);
    expect([first.length, later]).toEqual([2_000, [[], []]]);
  });
});

describe('the message', () => {
  const report = {
    portalsPolled: 998,
    portalsSilent: 2,
    portalsBehind: 0,
    portalsFailing: 0,
    lagSecondsMax: 12,
  };
  const messageOf = (seen: Seen) => {
    const judged = judgementsOf(seen);
    return writeMessage(planTellings([], judged, 0).due, judged, report);
  };

  test('names the portal, what is wrong, how many stand in all, and where to read on', () => {
    expect(messageOf(['silent acme'])).toEqual({
      subject: 'HubSpotEvents: portal acme is in trouble',
      text: [
        'New since the last roll call:',
        '- acme: silent: so it is',
        '',
        'In all: 998 polled, 2 silent, 0 behind, 0 failing.',
        'What to do: RUNBOOK.md#a-portal-in-trouble',
      ].join('\n'),
    });
  });

  test('names fifty of a thousand, and fits into what SNS takes', () => {
    const outage = Array.from(
      { length: 1_000 },
      (_, index): `silent ${string}` => `silent ${String(index).padStart(32, 'p')}`,
    );
    const { subject, text } = messageOf(outage);
    expect(subject).toBe('HubSpotEvents: 1000 more portals are in trouble');
    expect(text).toContain('- and 950 more; the log names them');
    expect(text.match(/^- p/gm)).toHaveLength(50);
    // SNS: a subject of under 100 characters of ASCII, a message of 256 KB.
    expect(messageOf(outage.slice(0, 1)).subject).toMatch(/^[ -~]{1,99}$/);
    expect(Buffer.byteLength(text)).toBeLessThan(262_144);
  });
});
