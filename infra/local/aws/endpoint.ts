/** One loopback endpoint for the AWS services that speak JSON with an X-Amz-Target: EventBridge, SQS, Secrets Manager. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type LoopbackServer, readBody, startLoopbackServer } from '../loopback.ts';
import type { FaultHook, ServiceName } from './fault.ts';
import { admitSigned, type LocalCredentials } from './signature.ts';
import { answerSts } from './sts.ts';

/** A service: its actions by name. An action gets the parsed request, and throws ServiceError. */
export interface Service {
  readonly name: ServiceName;
  /** What stands before the action's name in X-Amz-Target. */
  readonly target: string;
  readonly actions: Readonly<Record<string, (input: unknown, caller: Caller) => object>>;
  /** A longer body is answered with a bare 413, as by the service's front door. */
  readonly maxBodyBytes?: number;
}

/** Who asks, as far as a service judges by it. */
export interface Caller {
  readonly sessionToken: string | undefined;
}

/** An error of a service's API; the type is what the SDK gives as the error's name. */
export class ServiceError extends Error {
  readonly status: number;
  readonly type: string;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.name = 'ServiceError';
    this.type = type;
    this.status = status;
  }
}

type Answer = { readonly status: number; readonly body: object | undefined };

export interface Endpoint extends LoopbackServer {
  /** Serves these too: some need the endpoint's URL to be made. */
  readonly serve: (services: readonly Service[]) => void;
}

/** The endpoint, once it listens; it serves nothing yet, and only whoever has the credentials. */
export async function startEndpoint(credentials: LocalCredentials, onRequest?: FaultHook): Promise<Endpoint> {
  const byTarget = new Map<string, Service>();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [target = '', action = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
    const service = byTarget.get(target);
    const body = await readBody(request);
    if (request.headers['content-type'] === 'application/x-www-form-urlencoded') {
      const answer = answerSts(new URLSearchParams(body), credentials, Date.now());
      response.writeHead(answer === undefined ? 400 : 200, { 'content-type': 'text/xml' }).end(answer ?? '');
      return;
    }
    if (service === undefined) {
      send(request, response, { status: 400, body: { __type: 'UnknownOperationException' } });
      return;
    }
    const fault = (await onRequest?.({ service: service.name, action, body })) ?? 'pass';
    if (fault === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (typeof fault === 'object') {
      send(request, response, fault);
      return;
    }
    const token = request.headers['x-amz-security-token'];
    const answer = answerCall(service, action, body, { sessionToken: token?.toString() });
    if (fault === 'drop-answer') request.socket.resetAndDestroy();
    else send(request, response, answer);
  }

  const server = await startLoopbackServer(serve, { admit: admitSigned(credentials) });
  return {
    ...server,
    serve: (services) => {
      for (const service of services) byTarget.set(service.target, service);
    },
  };
}

function answerCall(service: Service, action: string, body: string, caller: Caller): Answer {
  const { maxBodyBytes = Number.POSITIVE_INFINITY, actions } = service;
  if (Buffer.byteLength(body) > maxBodyBytes) return { status: 413, body: undefined };
  const act = actions[action];
  if (act === undefined) return { status: 400, body: { __type: 'UnknownOperationException' } };
  try {
    const input: unknown = JSON.parse(body);
    return { status: 200, body: act(input, caller) };
  } catch (error) {
    if (error instanceof ServiceError) {
      return { status: error.status, body: { __type: error.type, message: error.message } };
    }
    return { status: 400, body: { __type: 'SerializationException', message: String(error) } };
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, body }: Answer): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': request.headers['content-type'] ?? 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(text),
    'x-amzn-requestid': randomUUID(),
  });
  response.end(text);
}
