/** Lambda's Runtime API (version 2018-06-01) for one process: what its runtime client asks and answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { admitKey } from '../key.ts';
import { type LoopbackServer, readBody, startLoopbackServer } from '../loopback.ts';

export interface Invocation {
  readonly requestId: string;
  readonly payload: string;
  readonly deadlineAt: number;
  readonly functionArn: string;
}

/** How an invocation ended, or the start of the process before any. */
export type Outcome =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string };

export interface RuntimeApi {
  /** Host and port, as AWS_LAMBDA_RUNTIME_API has them. */
  readonly address: string;
  readonly close: LoopbackServer['close'];
  /** Hands an invocation to the process's request for the next one. */
  readonly deliver: (invocation: Invocation) => void;
}

export interface RuntimeApiListener {
  /** The handler is loaded, or the last invocation over: the process asks for the next. */
  readonly onReady: () => void;
  readonly onOutcome: (requestId: string, outcome: Outcome) => void;
  /** The handler could not be loaded. */
  readonly onInitError: (outcome: Outcome) => void;
}

const failureSchema = z.object({ errorType: z.string(), errorMessage: z.string() });
const ROOT = '/2018-06-01/runtime';
const ANSWER = new RegExp(`^${ROOT}/invocation/([^/]+)/(response|error)$`);

/** The API, once it listens; the process brings the key. */
export async function startRuntimeApi(key: string, listener: RuntimeApiListener): Promise<RuntimeApi> {
  let waiting: ServerResponse | undefined;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '' } = request;
    const body = await readBody(request);
    if (url === `${ROOT}/invocation/next`) {
      waiting = response;
      listener.onReady();
      return;
    }
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
    const [, requestId, kind] = ANSWER.exec(url) ?? [];
    if (url === `${ROOT}/init/error`) listener.onInitError(readFailure(body));
    else if (requestId !== undefined) {
      listener.onOutcome(requestId, kind === 'response' ? { ok: true, payload: body } : readFailure(body));
    }
  }

  const server = await startLoopbackServer(serve, { admit: admitKey(key) });
  return {
    address: server.url.replace('http://', ''),
    close: server.close,
    deliver: ({ requestId, payload, deadlineAt, functionArn }) => {
      if (waiting === undefined) throw new Error('Delivering an invocation: the process must ask for one');
      waiting.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': requestId,
        'lambda-runtime-deadline-ms': String(deadlineAt),
        'lambda-runtime-invoked-function-arn': functionArn,
      });
      waiting.end(payload);
      waiting = undefined;
    },
  };
}

function readFailure(body: string): Outcome {
  const parsed = failureSchema.safeParse(JSON.parse(body));
  const failure = parsed.success ? parsed.data : { errorType: 'Runtime.Unknown', errorMessage: body };
  return { ok: false, ...failure };
}
