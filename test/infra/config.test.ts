import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { requestSchema } from '../../functions/poller/input/request.ts';
import { ConfigError, lagAlarmMinutesOf, readConfig, requestText } from '../../infra/config.ts';

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
  ['broken text', '{"portals":', ['(the whole): must be JSON text; Unexpected end of JSON input']],
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
  ['an unknown key', main({ pollMinutes: 1 }), ['portals.main.pollMinutes: is no known key; found 1']],
  ['an unknown key outside', { ...main({}), lagAlarm: 1 }, ['lagAlarm: is no known key; found 1']],
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
      'portals.main.secretName: must be the name of a secret: 1 to 512 of A-Z, a-z, 0-9 and /_+=.@-; found "my secret"',
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
    ['portals.b.secretName: must differ from that of portal a; found "x"'],
  ],
  [
    'an alarm in half minutes',
    { ...main({}), lagAlarmMinutes: 7.5 },
    ['lagAlarmMinutes: must be a whole number from 1 to 1440; found 7.5'],
  ],
  [
    'no e-mail address',
    { ...main({}), alarmEmail: 'me' },
    ['alarmEmail: must be null or an e-mail address; found "me"'],
  ],
  [
    'an archive for ever',
    { ...main({}), archiveDays: 3651 },
    ['archiveDays: must be a whole number from 0 to 3650; found 3651'],
  ],
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

  test('takes JSON text as it takes an object', () => {
    expect(readConfig('{"portals":{"main":{}}}')).toEqual(readConfig(main({})));
  });

  test('fills in the defaults that cdk.json shows, key for key', () => {
    const text = readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8');
    const shown = JSON.parse(text).context.hubspotEvents;
    const { portals, ...rest } = readConfig(main({}));
    const [{ name, ...settings } = { name: undefined }] = portals;
    expect({ portals: { [String(name)]: settings }, ...rest }).toEqual(shown);
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
