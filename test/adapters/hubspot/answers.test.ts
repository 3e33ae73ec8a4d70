/** What is read of an answer that is no success: every field may be missing or of another kind. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explainFailure } from '../../../functions/poller/adapters/hubspot/explain.ts';
import {
  classifyResponse,
  readErrorBody,
  readNumber,
  readRetryAfter,
} from '../../../functions/poller/adapters/hubspot/response.ts';

const NOW = Date.UTC(2026, 10, 10, 12);
const SEED = 20261110;

describe('Retry-After', () => {
  test.each([
    [undefined, undefined],
    ['0', 0],
    ['7', 7_000],
    [' 7 ', 7_000],
    ['86400', 86_400_000],
    ['Tue, 10 Nov 2026 12:00:05 GMT', 5_000],
    ['Tue, 10 Nov 2026 11:59:00 GMT', 0],
    ['1.5', 2_000],
    ['soon', undefined],
    ['-1', undefined],
    ['10, 10', undefined],
    ['', undefined],
  ])('%j is %j ms', (header, milliseconds) => {
    expect(readRetryAfter(header, NOW)).toBe(milliseconds);
  });
});

test.each([
  ['190', 190],
  [' 190', 190],
  ['-1', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['', undefined],
  [undefined, undefined],
])('a header’s number %j is %j', (header, number) => {
  expect(readNumber(header)).toBe(number);
});

describe('an error’s body', () => {
  const NOTHING = { message: '', correlationId: undefined, category: '', policyName: '', scopes: [] };

  test.each(['', '<html></html>', 'null', '[]', '"text"', '7', '{', '{}'])('%j tells nothing', (body) => {
    expect(readErrorBody(body)).toEqual(NOTHING);
  });

  test('of other kinds than documented tells what is as documented', () => {
    const body = {
      message: 7,
      correlationId: {},
      category: 'RATE_LIMITS',
      policyName: null,
      errors: 'none',
      context: [],
    };
    expect(readErrorBody(JSON.stringify(body))).toEqual({ ...NOTHING, category: 'RATE_LIMITS' });
  });

  test('names the scopes of every place that HubSpot uses, each once', () => {
    const body = {
      context: { missingScopes: ['a', 'b'] },
      errors: [{ context: { requiredGranularScopes: ['b', 'c'] } }, { context: { other: 'x' } }, 'text', {}],
    };
    expect(readErrorBody(JSON.stringify(body)).scopes).toEqual(['a', 'b', 'c']);
  });
});

describe('a reaction', () => {
  const anyBody = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((json) => json.slice(0, -1)),
  );
  const anyHeaders = fc.dictionary(
    fc.constantFrom('retry-after', 'x-hubspot-ratelimit-interval-milliseconds'),
    fc.oneof(fc.string(), fc.nat().map(String)),
  );

  test('and a sentence are there for any status, headers and body', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), anyHeaders, anyBody, (status, headers, body) => {
        const reaction = classifyResponse({ status, headers, body }, NOW);
        if (reaction.kind === 'credentials') return;
        if (reaction.kind === 'retry') expect(reaction.afterMs ?? 0).toBeGreaterThanOrEqual(0);
        const sentence = explainFailure(reaction.code, status, readErrorBody(body), undefined);
        expect(sentence).toMatch(/^\S.*\.$/s);
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  test.each([
    ['in the message', { message: 'EVENT_TYPE_READS_NOT_ALLOWED_DUE_TO_STORAGE_LOCATIONS: no' }],
    ['in the subcategory', { subCategory: 'E.EVENT_TYPE_READS_NOT_ALLOWED_DUE_TO_STORAGE_LOCATIONS' }],
    ['in an error', { errors: [{ code: 'EVENT_TYPE_READS_NOT_ALLOWED_DUE_TO_STORAGE_LOCATIONS' }] }],
  ])('finds a refused type %s', (_where, body) => {
    const answer = { status: 400, headers: {}, body: JSON.stringify(body) };
    expect(classifyResponse(answer, NOW)).toEqual({ kind: 'fail', code: 'hubspot-type-refused' });
  });
});
