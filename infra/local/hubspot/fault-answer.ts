/** What a fault makes of an answer. */
import { type Answer, answerStatus } from './error-answer.ts';
import type { PageTrail } from './events-answer.ts';
import type { Fault } from './fault.ts';

/** Gives the answer of a fault that keeps the request from the portal, or undefined where it gets there. */
export function answerFault(fault: Fault, index: number): Answer | undefined {
  switch (fault.kind) {
    case 'status': {
      const answer = answerStatus(fault.status, fault.body ?? 'json', fault.fields ?? {}, index);
      const retryAfter = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
      return { ...answer, headers: { ...answer.headers, ...retryAfter, ...fault.headers } };
    }
    case 'silent':
      return { status: 0, headers: {}, body: '', delivery: { kind: 'silent' } };
    case 'reset':
      if (fault.when === 'in-body') return undefined;
      return { status: 0, headers: {}, body: '', delivery: { kind: 'reset', when: 'before-answer' } };
    default:
      return undefined;
  }
}

/** Gives the portal's own answer as the fault lets it through. */
export function bendAnswer(answer: Answer, fault: Fault, url: URL, trail: PageTrail): Answer {
  switch (fault.kind) {
    case 'status':
    case 'silent':
      return answer;
    case 'reset':
      return { ...answer, delivery: { kind: 'reset', when: fault.when } };
    case 'slow':
      return { ...answer, delivery: { kind: 'slow', delayMs: fault.delayMs, when: fault.when } };
    case 'truncated':
      return { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) };
    case 'content-type':
      return { ...answer, headers: { ...answer.headers, 'content-type': fault.contentType } };
    case 'no-results':
      return { ...answer, body: '{"total":0}' };
    case 'body':
      return { ...answer, body: fault.body };
    case 'repeated-cursor':
    case 'repeated-page':
    case 'overlapping-page':
      return answer.status === 200 ? { ...answer, body: bendPage(answer.body, fault, url, trail) } : answer;
    default:
      return fault satisfies never;
  }
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

function endOfResults(body: string): number {
  const paging = body.lastIndexOf(',"paging":{"next":{"after":');
  return paging < 0 ? body.length - 1 : paging;
}
