/** The request and the environment: every mistake is a sentence. */
import { describe, expect, test } from 'vitest';
import { parseEnvironment } from '../../functions/poller/input/environment.ts';
import { isSafeApiUrl, parseRequest } from '../../functions/poller/input/request.ts';

const HUBSPOT = 'https://api.hubapi.com';
const REQUEST = { portal: 'main', secretId: 'hubspot-events/main' };

const parse = (change: object, apiUrls = [HUBSPOT]) => parseRequest({ ...REQUEST, ...change }, apiUrls);

describe('a request', () => {
  test('of portal and secret alone has the configuration’s defaults', () => {
    expect(parse({})).toEqual({
      ...REQUEST,
      eventTypes: 'all',
      objects: [],
      apiVersion: 'v3',
      apiUrl: HUBSPOT,
      startFrom: 'now',
      pollSeconds: 60,
      idlePollSeconds: 300,
      overlapSeconds: 300,
      sweepEveryMinutes: 60,
      sweepLookbackHours: 24,
      pageSize: 1_000,
      maxRequestsPer10Seconds: 90,
    });
  });

  test('takes every setting', () => {
    const settings = {
      eventTypes: ['e_a', 'pe1_b'],
      objects: [
        { objectType: 'contact', objectId: '51', eventType: 'e_a' },
        { objectType: '0-1', objectProperty: { email: 'a@b.c' } },
      ],
      apiVersion: '2026-09',
      startFrom: '2026-11-01T00:00:00+01:00',
      pollSeconds: 5,
      idlePollSeconds: 60,
      overlapSeconds: 0,
      sweepEveryMinutes: 0,
      sweepLookbackHours: 1,
      pageSize: 1,
      maxRequestsPer10Seconds: 1,
      backfill: { stream: 'e_a', from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z', republish: true },
    };
    expect(parse(settings)).toMatchObject(settings);
  });

  test.each([5, 60, 120, 3_600])('takes %i seconds from poll to poll', (pollSeconds) => {
    expect(parse({ pollSeconds })).toMatchObject({ pollSeconds });
  });

  const POLL = 'must be 5 to 60, or whole minutes up to 3600';
  const START = 'must be "now" or an ISO 8601 instant with its zone, such as 2026-11-01T00:00:00Z';
  const URL_RULE =
    'must be an https URL (http only on a loopback address) without credentials, query, fragment or comma';
  const BACKFILL =
    'must be {"stream","from","to"}, with "republish" where wanted, or {"stream","cancel":true}';
  const OBJECT =
    'must be {"objectType","objectId"} or {"objectType","objectProperty":{name: value}}, either with "eventType"';

  test.each<[object, string]>([
    [{ portal: 'Main!' }, 'portal: must be 1 to 32 of a-z, 0-9 and -; found "Main!"'],
    [{ portal: undefined }, 'portal: must be 1 to 32 of a-z, 0-9 and -; found nothing'],
    [{ secretId: '' }, 'secretId: must be the name or ARN of a secret; found ""'],
    [{ pollsecond: 5, x: 1 }, 'pollsecond: is no known key; x: is no known key'],
    [{ pollSeconds: 61 }, `pollSeconds: ${POLL}; found 61`],
    [{ pollSeconds: 4 }, `pollSeconds: ${POLL}; found 4`],
    [{ pollSeconds: 3_660 }, `pollSeconds: ${POLL}; found 3660`],
    [{ pollSeconds: '60' }, 'pollSeconds: must be a whole number of seconds; found "60"'],
    [{ pageSize: 1_001 }, 'pageSize: must be 1000 or less; found 1001'],
    [{ pageSize: 1.5 }, 'pageSize: must be a whole number from 1 to 1000; found 1.5'],
    [{ overlapSeconds: -1 }, 'overlapSeconds: must be 0 or more; found -1'],
    [{ apiVersion: 'v4' }, 'apiVersion: must be "v3", "2026-03" or "2026-09"; found "v4"'],
    [{ startFrom: 'yesterday' }, `startFrom: ${START}; found "yesterday"`],
    [{ startFrom: '2026-11-01T00:00:00' }, `startFrom: ${START}; found "2026-11-01T00:00:00"`],
    [{ eventTypes: 'some' }, 'eventTypes: must be "all" or a list of event types; found "some"'],
    [
      { eventTypes: ['e_a', 'a b'] },
      'eventTypes.1: must be an event type: 1 to 512 characters, no spaces, "," or "#"; found "a b"',
    ],
    [{ objects: [{ objectType: 'contact' }] }, `objects.0: ${OBJECT}; found an object with objectType`],
    [
      { objects: [{ objectType: 'contact/51', objectId: '51' }] },
      'objects.0.objectType: must be an object type: contact, 0-1, …; found a text of 10 characters',
    ],
    [
      { objects: [{ objectType: 'contact', objectId: 'x' }] },
      'objects.0.objectId: must be the digits of an object id; found a text of 1 character',
    ],
    [
      { objects: [{ objectType: 'contact', objectProperty: { a: '1', b: '2' } }] },
      'objects.0.objectProperty: must hold exactly one property; found an object with …, …',
    ],
    [{ apiUrl: 'http://example.com' }, `apiUrl: ${URL_RULE}; found "http://example.com"`],
    [{ apiUrl: 5 }, `apiUrl: ${URL_RULE}; found 5`],
    [
      { backfill: { stream: 'e_a', cancel: false } },
      `backfill: ${BACKFILL}; found an object with stream, cancel`,
    ],
    [{ backfill: { stream: '', cancel: true } }, 'backfill.stream: must name a stream; found ""'],
    [
      { backfill: { stream: 'e_a', from: 'x', to: '2026-11-01T00:00:00Z' } },
      'backfill.from: must be an ISO 8601 instant with its zone; found "x"',
    ],
    [
      { backfill: { stream: 'e_a', from: '2026-11-01T01:00:00+01:00', to: '2026-11-01T00:00:00Z' } },
      'backfill: from must lie before to; found an object with stream, from, to',
    ],
    [{ pageSize: 0, pollSeconds: 1 }, `pollSeconds: ${POLL}; found 1; pageSize: must be 1 or more; found 0`],
  ])('%j is refused with its mistake', (change, mistake) => {
    expect(() => parse(change)).toThrow(
      expect.objectContaining({ code: 'request-invalid', message: `Reading the request: ${mistake}` }),
    );
  });

  test.each([undefined, null, 'text', 7, []])('that is no object (%j) is refused', (payload) => {
    expect(() => parseRequest(payload, [HUBSPOT])).toThrow(
      /^Reading the request: \(the whole\): must be a JSON object; /,
    );
  });
});

describe('the API’s URL', () => {
  test('is told with all that the environment lists', () => {
    const payload = { portal: 'main', secretId: 'hubspot-events/main', apiUrl: 'https://api.example.com' };
    const listed = [HUBSPOT, 'https://api-eu1.example.com'];
    expect(() => parseRequest(payload, listed)).toThrow(`lists (${listed.join(', ')}), found`);
  });

  test('must be one that the environment lists: whoever invokes may not send the token elsewhere', () => {
    expect(() => parse({ apiUrl: 'https://api.example.com' })).toThrow(
      `Reading the request: apiUrl must be one that the function's environment lists (${HUBSPOT}), found https://api.example.com`,
    );
  });

  test.each([
    ['https://api.hubapi.com/', HUBSPOT],
    ['HTTPS://API.HUBAPI.COM', HUBSPOT],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000/'],
  ])('%s is the listed %s', (apiUrl, listed) => {
    expect(parse({ apiUrl }, [listed]).apiUrl).toBe(apiUrl);
  });

  test.each([
    ['https://api.hubapi.com.example.com'],
    ['https://api.hubapi.com:8443'],
    ['https://api.hubapi.com/elsewhere'],
  ])('%s is not the listed one', (apiUrl) => {
    expect(() => parse({ apiUrl })).toThrow(/must be one that the function's environment lists/);
  });

  test('listed by mistake over plain http is not taken', () => {
    expect(() => parse({ apiUrl: 'http://example.com' }, ['http://example.com'])).toThrow(
      /must be an https URL/,
    );
  });

  test.each([
    ['https://api.hubapi.com', true],
    ['http://localhost:3000', true],
    ['http://127.0.0.1', true],
    ['http://[::1]:3000', true],
    ['http://127.0.0.1.example.com', false],
    ['http://localhost.example.com', false],
    ['http://10.0.0.1', false],
    ['https://user:word@api.hubapi.com', false],
    ['https://user@api.hubapi.com', false],
    ['https://:word@api.hubapi.com', false],
    ['https://api.hubapi.com?x=1', false],
    ['https://api.hubapi.com#x', false],
    ['https://a.example,https://b.example', false],
    ['ftp://localhost', false],
    ['api.hubapi.com', false],
    ['', false],
  ])('%s is safe: %s', (url, isSafe) => {
    expect(isSafeApiUrl(url)).toBe(isSafe);
  });
});

describe('the environment', () => {
  const VARIABLES = {
    TABLE_NAME: 'table',
    EVENT_BUS_NAME: 'bus',
    DEAD_LETTER_QUEUE_URL: 'https://sqs.example/queue',
    HUBSPOT_API_URLS: `${HUBSPOT}, http://127.0.0.1:3000,`,
  };

  test('is read whole, with defaults for what need not be there', () => {
    expect(parseEnvironment(VARIABLES)).toEqual({
      tableName: 'table',
      eventBusName: 'bus',
      deadLetterQueueUrl: 'https://sqs.example/queue',
      apiUrls: [HUBSPOT, 'http://127.0.0.1:3000'],
      putEventsMaxBytes: 1_048_576,
      metrics: 'portal',
      portalRoleArn: undefined,
      alarmTopicArn: undefined,
    });
    const fleet = parseEnvironment({ ...VARIABLES, METRICS: 'fleet', ALARM_TOPIC_ARN: 'arn:topic' });
    expect(fleet).toMatchObject({ metrics: 'fleet', alarmTopicArn: 'arn:topic' });
    expect(parseEnvironment({ ...VARIABLES, METRICS: 'portal' }).metrics).toBe('portal');
    expect(parseEnvironment({ ...VARIABLES, PUT_EVENTS_MAX_BYTES: '262144' }).putEventsMaxBytes).toBe(
      262_144,
    );
  });

  const BYTES = 'PUT_EVENTS_MAX_BYTES must be a whole number of bytes, 1024 or more';
  test.each<[Record<string, string | undefined>, string]>([
    [{ TABLE_NAME: undefined }, 'TABLE_NAME must be set'],
    [{ TABLE_NAME: '', EVENT_BUS_NAME: undefined }, 'TABLE_NAME must be set; EVENT_BUS_NAME must be set'],
    [{ METRICS: 'none' }, 'METRICS must be portal or fleet'],
    [
      { PORTAL_ROLE_ARN: '', ALARM_TOPIC_ARN: '' },
      'PORTAL_ROLE_ARN must not be empty; ALARM_TOPIC_ARN must not be empty',
    ],
    [{ PUT_EVENTS_MAX_BYTES: 'much' }, BYTES],
    [{ PUT_EVENTS_MAX_BYTES: '' }, BYTES],
    [{ PUT_EVENTS_MAX_BYTES: '1023' }, BYTES],
    [{ PUT_EVENTS_MAX_BYTES: '2000.5' }, BYTES],
  ])('with %j is refused with every mistake', (change, mistakes) => {
    expect(() => parseEnvironment({ ...VARIABLES, ...change })).toThrow(
      expect.objectContaining({
        code: 'environment-invalid',
        message: `Reading the function's environment: ${mistakes}. The stack sets it: deploy again.`,
      }),
    );
  });
});
