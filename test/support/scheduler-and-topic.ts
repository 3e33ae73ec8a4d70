/** Scheduler and SNS on loopback, as far as the roll call asks them: their wire formats, a group of schedules, a topic. */
import type { ServerResponse } from 'node:http';
import { type LoopbackServer, readBody, startLoopbackServer } from '../../infra/local/loopback.ts';

export interface StandInSchedule {
  readonly Input: string;
  readonly State?: 'ENABLED' | 'DISABLED';
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
}

export interface Told {
  readonly topicArn: string;
  readonly subject: string;
  readonly text: string;
}

export interface SchedulerAndTopic extends AsyncDisposable {
  readonly url: string;
  /** By name: what the group holds, to be changed at will. */
  readonly schedules: Map<string, StandInSchedule>;
  readonly told: readonly Told[];
  /** What was asked for, as `METHOD /path`. */
  readonly calls: string[];
  /** The status that the next calls are answered with; well where undefined. */
  failWith: { status: number; type: string } | undefined;
}

export async function startSchedulerAndTopic(pageSize = 100): Promise<SchedulerAndTopic> {
  const schedules = new Map<string, StandInSchedule>();
  const told: Told[] = [];
  const calls: string[] = [];
  const standIn: { failWith: SchedulerAndTopic['failWith'] } = { failWith: undefined };
  const server: LoopbackServer = await startLoopbackServer(async (request, response) => {
    const body = await readBody(request);
    const url = new URL(request.url ?? '/', 'http://stand-in');
    calls.push(`${request.method} ${url.pathname}`);
    if (standIn.failWith !== undefined) return refuse(response, standIn.failWith);
    if (request.method === 'POST') return publish(body, told, response);
    const [, , name] = url.pathname.split('/');
    if (name === undefined) return list(url, schedules, pageSize, response);
    const found = schedules.get(decodeURIComponent(name));
    if (found === undefined) return refuse(response, { status: 404, type: 'ResourceNotFoundException' });
    answer(response, { ...summaryOf(name, found), Target: { Arn: 'arn:poller', Input: found.Input } });
  });
  return {
    url: server.url,
    schedules,
    told,
    calls,
    get failWith() {
      return standIn.failWith;
    },
    set failWith(fault) {
      standIn.failWith = fault;
    },
    [Symbol.asyncDispose]: server.close,
  };
}

function list(
  url: URL,
  schedules: ReadonlyMap<string, StandInSchedule>,
  pageSize: number,
  response: ServerResponse,
): void {
  const from = Number(url.searchParams.get('NextToken') ?? 0);
  const most = Math.min(pageSize, Number(url.searchParams.get('MaxResults') ?? 100));
  const all = [...schedules].map(([name, schedule]) => summaryOf(name, schedule));
  const next = from + most;
  const NextToken = next < all.length ? String(next) : undefined;
  answer(response, { Schedules: all.slice(from, next), NextToken });
}

/** Scheduler writes instants as seconds since the epoch. */
function summaryOf(Name: string, { State = 'ENABLED', changedAt }: StandInSchedule) {
  const at = changedAt / 1000;
  return { Name, State, CreationDate: at, LastModificationDate: at, Target: { Arn: 'arn:poller' } };
}

/** SNS takes a form and answers in XML. */
function publish(body: string, told: Told[], response: ServerResponse): void {
  const form = new URLSearchParams(body);
  told.push({
    topicArn: form.get('TopicArn') ?? '',
    subject: form.get('Subject') ?? '',
    text: form.get('Message') ?? '',
  });
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(
    '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>',
  );
}

function answer(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

function refuse(response: ServerResponse, { status, type }: { status: number; type: string }): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify({ Message: type }));
}
