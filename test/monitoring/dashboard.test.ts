import { describe, expect, test } from 'vitest';
import { METRICS } from '../../functions/poller/contract.ts';
import { LOG_QUERIES } from '../../infra/monitoring/log-widgets.ts';
import { onlyResource, templateOf } from '../infra/synthesized.ts';

const bodyOf = (config: object) =>
  JSON.stringify(onlyResource(templateOf(config), 'AWS::CloudWatch::Dashboard').properties);
// The body is JSON text within JSON: its quotes are escaped twice.
const body = bodyOf({ portals: { main: {}, other: {} } }).replaceAll('\\', '');

describe('the dashboard', () => {
  test.each(Object.keys(METRICS))('shows %s of each portal', (name) => {
    for (const portal of ['main', 'other']) expect(body).toContain(`"${name}","portal","${portal}"`);
  });

  test('shows the age of events as p50 and p99, and what is published by the minute', () => {
    expect(body).toMatch(/"EventAgeSeconds","portal","main",\{[^}]*"stat":"p50"/);
    expect(body).toMatch(/"EventAgeSeconds","portal","main",\{[^}]*"stat":"p99"/);
    expect(body).toMatch(/"EventsPublished","portal","main",\{[^}]*"period":60/);
  });

  test.each(['Errors', 'Throttles', 'ApproximateNumberOfMessagesVisible'])(
    'shows %s as AWS counts it',
    (name) => {
      expect(body).toContain(`"${name}"`);
    },
  );

  test.each(Object.keys(LOG_QUERIES))('asks the log for: %s', (title) => {
    expect(body).toContain(`"title":"${title}"`);
  });

  test('shows every alarm, the one that pages first', () => {
    const widget = body.slice(body.indexOf('"title":"Alarms"'), body.indexOf('"title":"Lag'));
    const shown = [...widget.matchAll(/Alarms([a-z]+)[0-9A-F]{8}/g)].map(([, id]) => id);
    expect(shown[0]).toBe('composite');
    expect(shown).toHaveLength(1 + 2 * 4 + 5);
  });
});
