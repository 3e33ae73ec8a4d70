/** What is made of the schemas: the types, the README's table, cdk.json, the event's JSON Schema. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../infra/config.ts';
import { withEveryKey } from '../../infra/schema/cdk-json.ts';
import { GENERATED } from '../../infra/schema/generated.ts';
import { keysOf, SETTINGS } from '../../infra/schema/settings-schema.ts';
import { withTable } from '../../infra/schema/settings-table.ts';

const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test.each(Object.entries(GENERATED))('%s is what `npm run generate` writes', (path, write) => {
  const text = textOf(path);
  expect(write(text), `${path} is out of date: npm run generate`).toBe(text);
});

describe('every key of the configuration', () => {
  const objects = [...Object.entries(SETTINGS.$defs ?? {}), ['the whole', SETTINGS] as const];

  test('is one of three interfaces', () => {
    expect(objects.map(([name]) => name)).toEqual(['PortalSettings', 'ObjectSettings', 'the whole']);
  });

  test.each(objects)('of %s says what it means, in sentences', (_name, schema) => {
    const silent = keysOf(schema).filter((key) => !/[.…]$/.test(key.schema.description ?? ''));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  test('has a default, but for portals', () => {
    const portal = keysOf(SETTINGS.$defs?.['PortalSettings'] ?? {});
    const bare = [...keysOf(SETTINGS), ...portal].filter(({ schema }) => schema.default === undefined);
    expect(bare.map(({ name }) => name)).toEqual(['portals']);
  });
});

describe('withTable', () => {
  test('refuses a README without its marks', () => {
    expect(() => withTable('# Nothing')).toThrow(/^Writing the table: the README must have <!-- /);
  });
});

describe('withEveryKey', () => {
  const cdkJson = (hubspotEvents: object) => {
    const context = { '@aws-cdk/before': true, hubspotEvents, '@aws-cdk/after': ['a'] };
    return `${JSON.stringify({ app: 'x', context }, undefined, 2)}\n`;
  };

  test('fills in what is missing, keeps what is set, and leaves everything else as it is', () => {
    const given = {
      portals: { one: { pollSeconds: 300 }, two: { secretName: 'mine' } },
      archiveDays: 7,
    };
    const { context, ...rest } = JSON.parse(withEveryKey(cdkJson(given)));
    expect({ context: { ...context, hubspotEvents: given }, ...rest }).toEqual(JSON.parse(cdkJson(given)));
    const { portals, ...settings } = readConfig(given);
    expect(context.hubspotEvents).toEqual({
      portals: Object.fromEntries(portals.map(({ name, ...portal }) => [name, portal])),
      ...settings,
    });
    expect(context.hubspotEvents).toMatchObject(given);
    expect(context.hubspotEvents.portals.one.secretName).toBe('hubspot-events/one');
  });

  test('refuses mistakes, as synth does', () => {
    expect(() => withEveryKey(cdkJson({ portals: { main: { pollsecond: 5 } } }))).toThrow(ConfigError);
  });
});
