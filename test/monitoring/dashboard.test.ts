import { describe, expect, test } from 'vitest';
import { FLEET_METRICS, METRICS } from '../../functions/poller/contract.ts';
import { FLEET_LOG_QUERIES, LOG_QUERIES } from '../../infra/monitoring/log-widgets.ts';
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
    const shown = alarmsShown(body).flat();
    expect(shown[0]).toBe('composite');
    expect(shown).toHaveLength(1 + 2 * 4 + 5);
  });

  test('shows at most a hundred alarms in a widget, and each once', () => {
    const portals = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`p${index}`, {}]));
    const widgets = alarmsShown(bodyOf({ portals }).replaceAll('\\', ''));
    expect(widgets.map((shown) => shown.length)).toEqual([100, 100, 6]);
    expect(new Set(widgets.flat()).size).toBe(206);
  });
});

describe('the dashboard of many portals', () => {
  const fleet = bodyOf({ portals: { main: {} }, metrics: 'fleet' }).replaceAll('\\', '');

  test.each(Object.keys(FLEET_METRICS))('shows %s', (name) => {
    expect(fleet).toContain(`"HubSpotEvents","${name}",{`);
  });

  test('shows no metric of a portal: there is none', () => {
    expect(fleet).not.toContain('"portal","main"');
    expect(fleet).not.toContain('SEARCH(');
  });

  test.each(Object.keys({ ...LOG_QUERIES, ...FLEET_LOG_QUERIES }))('asks the log for: %s', (title) => {
    expect(fleet).toContain(`"title":"${title}"`);
  });
});

/** The logical ids of the alarms in each alarm widget. */
function alarmsShown(text: string): string[][] {
  const [, ...widgets] = text.split('"type":"alarm"');
  return widgets.map((widget) =>
    [...(widget.split('"type":"metric"')[0] ?? '').matchAll(/"Alarms([a-zA-Z0-9]+)[0-9A-F]{8}"/g)].map(
      ([, id = '']) => id,
    ),
  );
}
