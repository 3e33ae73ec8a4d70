/** Lambda for the command line: moto's, but that an invocation runs the bundle and its lines reach the log group. */
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LambdaFunction } from '../../../infra/local/lambda/function.ts';
import { readBody, startLoopbackServer } from '../../../infra/local/loopback.ts';
import type { Opened } from '../../../infra/local/opened.ts';
import type { Deployment } from './deployment.ts';

export interface LambdaEndpoint {
  readonly url: string;
  /** An invocation as the schedule makes one. */
  readonly invoke: LambdaFunction['invoke'];
}

/** moto runs functions in Docker only: without it, what it answers to an invocation has nothing to do with them. */
export async function startLambdaEndpoint(
  opened: Opened,
  { moto, outputs }: Deployment,
  poller: LambdaFunction,
): Promise<LambdaEndpoint> {
  const logs = new CloudWatchLogsClient(moto.client);
  const log = { logGroupName: outputs['LogGroupName'], logStreamName: 'invocations' };
  await logs.send(new CreateLogStreamCommand(log));

  const invoke: LambdaFunction['invoke'] = async (payload, options) => {
    const result = await poller.invoke(payload, options);
    const timestamp = Date.now();
    const logEvents = result.logs.map((message) => ({ timestamp, message }));
    if (logEvents.length > 0) await logs.send(new PutLogEventsCommand({ ...log, logEvents }));
    return result;
  };

  const server = await startLoopbackServer(async (request, response) => {
    const body = await readBody(request);
    const path = request.url ?? '/';
    if (!path.endsWith('/invocations')) {
      const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
      const passedOn = Object.entries(headers).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]);
      const answer = await fetch(`${moto.url}${path}`, {
        method: request.method ?? 'GET',
        headers: passedOn,
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
      return;
    }
    const result = await invoke(body);
    if (!result.ok) response.setHeader('x-amz-function-error', 'Unhandled');
    response.end(result.ok ? result.payload : JSON.stringify({ errorMessage: result.errorMessage }));
  });
  opened.add(server.close);
  return { url: server.url, invoke };
}
