import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { requestSchema } from '../../functions/poller/input/request.ts';
import {
  ConfigError,
  lagAlarmMinutesOf,
  MOST_PORTALS_OF_A_STACK,
  readConfig,
  requestText,
} from '../../infra/config.ts';
import { readFlags } from '../../infra/stack-flags.ts';

const HEADING =
  "The configuration (cdk.json, context.hubspotEvents, or -c hubspotEvents='…') cannot be used:";

function mistakesOf(config: unknown): string[] {
  try {
    readConfig(config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [heading, ...lines] = error.message.split('\n');
    expect(heading).toBe(HEADING);
    return lines.map((line) => line.replace(/^ {2}- /, ''));
  }
  return [];
}

const main = (settings: unknown) => ({ portals: { main: settings } });

const ARN_RULE =
  'must be null, or the complete ARN of a secret, with the six characters Secrets Manager adds at its end';
const URL_RULE =
  'must be an https URL (http only on a loopback address) without credentials, query, fragment or comma';

const mistakes: [what: string, config: unknown, expected: string[]][] = [
  ['nothing', undefined, ['(the whole): must be an object with portals, lagAlarmMinutes, …; found nothing']],
  ['a list', [], ['(the whole): must be an object with portals, lagAlarmMinutes, …; found []']],
  ['broken text', '{"portals":', ['(the whole): must be JSON text; found a mistake at end of JSON input']],
  [
    'no portals',
    {},
    ['portals: must be an object: the settings of each portal under its name; found nothing'],
  ],
  ['an empty portals', { portals: {} }, ['portals: must hold at least one portal; found {}']],
  [
    'a bad name',
    { portals: { Main: {} } },
    ['portals.Main: must be named with 1 to 32 of a-z, 0-9 and -; found "Main"'],
  ],
  [
    'a bad name, and more',
    { portals: { Main: { pollSeconds: 61 } } },
    [
      'portals.Main.pollSeconds: must be 5 to 60, or whole minutes up to 3600; found 61',
      'portals.Main: must be named with 1 to 32 of a-z, 0-9 and -; found "Main"',
    ],
  ],
  ['a portal that is none', main(7), ['portals.main: must be an object of settings; found 7']],
  ['an unknown key', main({ pollMinutes: 1 }), ['portals.main.pollMinutes: is no known key']],
  ['an unknown key outside', { ...main({}), lagAlarm: 1 }, ['lagAlarm: is no known key']],
  [
    '61 seconds',
    main({ pollSeconds: 61 }),
    ['portals.main.pollSeconds: must be 5 to 60, or whole minutes up to 3600; found 61'],
  ],
  [
    'plain http',
    main({ apiUrl: 'http://api.hubapi.com' }),
    [`portals.main.apiUrl: ${URL_RULE}; found "http://api.hubapi.com"`],
  ],
  [
    'a comma in the URL',
    main({ apiUrl: 'https://a.example/,b' }),
    [`portals.main.apiUrl: ${URL_RULE}; found "https://a.example/,b"`],
  ],
  ['a URL that is none', main({ apiUrl: 5 }), [`portals.main.apiUrl: ${URL_RULE}; found 5`]],
  [
    'a short ARN',
    main({ secretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:token' }),
    [
      `portals.main.secretArn: ${ARN_RULE}; found "arn:aws:secretsmanager:eu-west-1:123456789012:secret:token"`,
    ],
  ],
  [
    'a bad secret name',
    main({ secretName: 'my secret' }),
    [
      'portals.main.secretName: must be the name of a secret: 1 to 512 of A-Z, a-z, 0-9 and /_+=.@-; found a text of 9 characters',
    ],
  ],
  [
    'nothing to poll',
    main({ eventTypes: [] }),
    ['portals.main.eventTypes: must name a type where objects names no object; found []'],
  ],
  [
    'one secret for two portals',
    { portals: { a: { secretName: 'x' }, b: { secretName: 'x' } } },
    ['portals.b.secretName: must differ from that of portal a'],
  ],
  [
    'an alarm in half minutes',
    { ...main({}), lagAlarmMinutes: 7.5 },
    ['lagAlarmMinutes: must be a whole number from 1 to 1440; found 7.5'],
  ],
  [
    'no e-mail address',
    { ...main({}), alarmEmail: 'me' },
    ['alarmEmail: must be null or an e-mail address; found a text of 2 characters'],
  ],
  [
    'an archive for ever',
    { ...main({}), archiveDays: 3651 },
    ['archiveDays: must be a whole number from 0 to 3650; found 3651'],
  ],
  [
    'metrics of another kind',
    { ...main({}), metrics: 'all' },
    [
      'metrics: must be "portal" (each portal has its own metrics), "fleet" (all portals together), or null; found "all"',
    ],
  ],
  [
    'a PutEvents call over what any Region takes',
    { ...main({}), putEventsMaxBytes: 2_000_000 },
    [
      'putEventsMaxBytes: must be the most bytes of one PutEvents call, from 65536 to 1048576; 262144 where the Region still has the old limit; found 2000000',
    ],
  ],
];

/** Where a person's address, id or token may stand in a configuration, in its place or out of it. */
const JANE = 'jane@acme.example';
const withJane: [where: string, config: unknown][] = [
  [
    'an object of too many properties',
    main({ objects: [{ objectType: 'contact', objectProperty: { email: JANE, phone: JANE } }] }),
  ],
  [
    'a property and its value swapped',
    main({ objects: [{ objectType: 'contact', objectProperty: { [JANE]: 'email' } }] }),
  ],
  [
    'a bare name in place of a property',
    main({ objects: [{ objectType: 'contact', objectProperty: { 'jane doe': '' } }] }),
  ],
  [
    'two values in place of properties',
    main({ objects: [{ objectType: 'contact', objectProperty: { jane: 'email', acme: 'company' } }] }),
  ],
  [
    'a value in place of a property, which has none',
    main({ objects: [{ objectType: 'contact', objectProperty: { jane: '' } }] }),
  ],
  ['objects that are no list', main({ objects: { jane: 'email' } })],
  ['a portal of an address', main({ eventTypes: { [JANE]: 1 } })],
  ['an object’s id', main({ objects: [{ objectType: 'contact', objectId: JANE }] })],
  ['an object’s id as a number', main({ objects: [{ objectType: 'contact', objectId: 5_150_123 }] })],
  ['an object’s type', main({ objects: [{ objectType: JANE, objectId: '1' }] })],
  ['an unknown key of an object', main({ objects: [{ objectType: 'contact', email: JANE }] })],
  ['an object that is a text', main({ objects: [JANE] })],
  ['objects that are a text', main({ objects: JANE })],
  ['an event type', main({ eventTypes: [`${JANE} ,`] })],
  ['the key of an unknown setting', main({ [JANE]: 1 })],
  ['an unknown setting', main({ contact: JANE })],
  ['a portal’s name', { portals: { [JANE]: {} } }],
  ['a portal that is a text', main(JANE)],
  ['a list of addresses to alarm', { ...main({}), alarmEmail: [JANE] }],
  ['two addresses to alarm', { ...main({}), alarmEmail: `${JANE}, ${JANE}` }],
  ['an unknown key outside', { ...main({}), owner: JANE }],
  ['a URL with a user', main({ apiUrl: 'https://jane:sesame@api.hubapi.com' })],
  ['a URL with a key', main({ apiUrl: 'https://api.hubapi.com/?hapikey=jane' })],
  ['a token as the secret’s name', main({ secretName: 'pat-eu1-jane ' })],
  ['a token as the secret’s ARN', main({ secretArn: 'pat-eu1-jane' })],
  ['text that is no JSON', `{"portals":{"main":{"objects":[${JANE}]}}}`],
  ['text that ends too soon', `{"alarmEmail":"${JANE}`],
  ['text in the place of everything', JSON.stringify(JANE)],
];

describe('readConfig', () => {
  test.each(mistakes)('names the key, the rule and the value of %s', (_what, config, expected) => {
    expect(mistakesOf(config)).toEqual(expected);
  });

  test('tells every mistake at once, those across keys beside those of shape', () => {
    const config = {
      portals: {
        a: { pageSize: 0, x: 1 },
        b: { eventTypes: [] },
        c: { secretName: 's' },
        d: { secretName: 's' },
      },
      archiveDays: 'all',
    };
    const found = mistakesOf(config);
    expect(found.map((line) => line.slice(0, line.indexOf(':')))).toEqual([
      'portals.a.pageSize',
      'portals.a.x',
      'archiveDays',
      'portals.b.eventTypes',
      'portals.d.secretName',
    ]);
  });

  test('refuses a portal whose request is too large for an invocation', () => {
    const eventTypes = Array.from({ length: 1000 }, (_, i) => `pe1_${'x'.repeat(300)}${i}`);
    expect(mistakesOf(main({ eventTypes }))).toEqual([
      expect.stringMatching(/^portals\.main: must fit into a request of 262144 bytes; found \d+ bytes$/),
    ]);
  });

  test.each(withJane)('quotes nothing that may be a person’s or a token: %s', (_where, config) => {
    const mistakes = mistakesOf(config);
    expect(mistakes).not.toEqual([]);
    expect(mistakes.join('\n')).not.toMatch(/jane|acme|5150123/);
  });

  test('explains what a number for maxConcurrency does to the account', () => {
    expect(mistakesOf({ ...main({}), maxConcurrency: 0 })).toEqual([
      expect.stringMatching(
        /^maxConcurrency: must be null, or .* from 1 to 10000; .* reserved, .* fewer than 100 .* new account may have 10 .*; found 0$/,
      ),
    ]);
  });

  const portalsNamed = (count: number, settings: object = {}) => ({
    portals: Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, settings])),
  });

  test('refuses more portals than fit into a stack, and says how the others are added', () => {
    expect(mistakesOf(portalsNamed(MOST_PORTALS_OF_A_STACK))).toEqual([]);
    expect(mistakesOf(portalsNamed(1000))).toEqual([
      "portals: must be 200 at most in one stack (two resources each, of CloudFormation's 500); found 1000; deploy with -c manyPortals=true (the construct: manyPortals), and add the others at run time: npm run events -- portal add",
    ]);
  });

  test('refuses portals whose settings together would fill the template', () => {
    const eventTypes = Array.from({ length: 1000 }, (_, index) => `pe1234567_${index}`.padEnd(60, 'x'));
    expect(mistakesOf(portalsNamed(10, { eventTypes }))).toEqual([
      expect.stringMatching(
        /^portals: must take 400000 bytes of the template at most together \(CloudFormation takes 1 MB\); found \d+ bytes; deploy with -c manyPortals=true/,
      ),
    ]);
  });

  test('takes JSON text as it takes an object', () => {
    expect(readConfig('{"portals":{"main":{}}}')).toEqual(readConfig(main({})));
  });
});

describe('lagAlarmMinutesOf', () => {
  test.each([
    ['lagAlarmMinutes where polls are nearer', { pollSeconds: 60, idlePollSeconds: 300 }, 10, 10],
    ['a tick and one that failed', { pollSeconds: 3600, idlePollSeconds: 300 }, 10, 120],
    ['an idle rest and a tick that failed', { pollSeconds: 60, idlePollSeconds: 1800 }, 10, 31],
    ['whole minutes of ticks where polls are nearer still', { pollSeconds: 5, idlePollSeconds: 5 }, 1, 2],
    [
      'more than a day where streams rest for a day',
      { pollSeconds: 60, idlePollSeconds: 86_400 },
      1440,
      1441,
    ],
  ])('gives %s', (_what, rhythm, lagAlarmMinutes, expected) => {
    expect(lagAlarmMinutesOf(rhythm, lagAlarmMinutes)).toBe(expected);
  });
});

describe('requestText', () => {
  test('is a whole request: parsing it fills in nothing', () => {
    const [portal] = readConfig(main({})).portals;
    if (portal === undefined) throw new Error('Reading the configuration: must hold portal main, found none');
    const request: unknown = JSON.parse(requestText(portal));
    expect(requestSchema.parse(request)).toEqual(request);
    expect(request).toMatchObject({ portal: 'main', secretId: 'hubspot-events/main' });
  });
});

describe('readFlags', () => {
  test('refuses every flag that is neither true nor false, in one message for its author', () => {
    const given = new Map<string, unknown>([
      ['manyPortals', 'yes'],
      ['schemaRegistry', 1],
      ['consumerExample', false],
    ]);
    expect(() => readFlags((name) => given.get(name))).toThrow(
      new ConfigError(
        ['schemaRegistry: must be true or false; found 1', 'manyPortals: must be true or false; found "yes"'],
        'What cdk is told with -c',
      ),
    );
  });
});

describe('infra/app.ts', () => {
  test('prints the mistakes once, and nothing else', () => {
    const app = fileURLToPath(new URL('../../infra/app.ts', import.meta.url));
    const run = spawnSync(process.execPath, ['--import', 'tsx', app], {
      encoding: 'utf8',
      env: { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ hubspotEvents: '{"portals":{}}' }) },
    });
    expect(run.status).toBe(1);
    expect(run.stdout).toBe('');
    expect(run.stderr).toBe(`${HEADING}\n  - portals: must hold at least one portal; found {}\n`);
  });
});
