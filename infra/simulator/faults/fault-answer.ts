/** What a fault makes of an answer. */

import type { PageTrail } from '../events-answer.ts';
import { type Answer, answerStatus } from './error-answer.ts';
import type { Fault } from './fault.ts';

export interface FaultySetting {
  readonly url: URL;
  readonly trail: PageTrail;
  readonly index: number;
}

/** Gives what the fault makes of a request; `serve`, the portal's own answer, is asked where it gets there. */
export function answerFaulty(
  fault: Fault,
  serve: () => Answer,
  { url, trail, index }: FaultySetting,
): Answer {
  switch (fault.kind) {
    case 'status': {
      const answer = answerStatus(fault.status, fault.body ?? 'json', fault.fields ?? {}, index);
      const retryAfter = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
      return { ...answer, headers: { ...answer.headers, ...retryAfter, ...fault.headers } };
    }
    case 'silent':
      return { ...NO_ANSWER, delivery: { kind: 'silent' } };
    case 'reset': {
      const answer = fault.when === 'in-body' ? serve() : NO_ANSWER;
      return { ...answer, delivery: { kind: 'reset', when: fault.when } };
    }
    case 'slow':
      return { ...serve(), delivery: { kind: 'slow', delayMs: fault.delayMs, when: fault.when } };
    case 'truncated':
      return withBody(serve(), (body) => body.slice(0, Math.floor(body.length / 2)));
    case 'content-type': {
      const answer = serve();
      return { ...answer, headers: { ...answer.headers, 'content-type': fault.contentType } };
    }
    case 'no-results':
      return withBody(serve(), () => '{"total":0}');
    case 'body':
      return withBody(serve(), () => fault.body);
    case 'unordered-page':
      return withBody(serve(), (body, status) => (status === 200 ? turnRound(body, trail) : body));
    case 'repeated-cursor':
    case 'repeated-page':
    case 'overlapping-page':
      return withBody(serve(), (body, status) => (status === 200 ? bendPage(body, fault, url, trail) : body));
    default:
      return fault satisfies never;
  }
}

/** Status 0: the connection ends, or stays, without one. */
const NO_ANSWER: Answer = { status: 0, headers: {}, body: '' };

function withBody(answer: Answer, change: (body: string, status: number) => string): Answer {
  return { ...answer, body: change(answer.body, answer.status) };
}

type PageFault = Extract<Fault, { kind: 'repeated-cursor' | 'repeated-page' | 'overlapping-page' }>;

/** Works on the text, as the entries must keep theirs. A first page has none before it, and stays as it is. */
function bendPage(body: string, fault: PageFault, url: URL, trail: PageTrail): string {
  const after = url.searchParams.get('after');
  if (after === null) return body;
  const before = trail.pages.get(after) ?? [];
  const next = { after: encodeURIComponent(after), link: url.href };
  const again = `,"paging":${JSON.stringify({ next })}}`;
  switch (fault.kind) {
    case 'repeated-page':
      return `{"results":[${before.join(',')}]${again}`;
    case 'repeated-cursor':
      return `${body.slice(0, endOfResults(body))}${again}`;
    case 'overlapping-page': {
      const shown = fault.events === 0 ? [] : before.slice(-fault.events);
      const rest = body.slice('{"results":['.length);
      const comma = shown.length > 0 && !rest.startsWith(']') ? ',' : '';
      return `{"results":[${shown.join(',')}${comma}${rest}`;
    }
    default:
      return fault satisfies never;
  }
}

/** The entries of the page that was served last, which keep their texts. */
function turnRound(body: string, { lastPage }: PageTrail): string {
  const ordered = `{"results":[${lastPage.join(',')}]`;
  if (!body.startsWith(ordered)) return body;
  return `{"results":[${lastPage.toReversed().join(',')}]${body.slice(ordered.length)}`;
}

function endOfResults(body: string): number {
  const paging = body.lastIndexOf(',"paging":{"next":{"after":');
  return paging < 0 ? body.length - 1 : paging;
}
