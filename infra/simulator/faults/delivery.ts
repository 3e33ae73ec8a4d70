/** The way of an answer over the socket: compressed, late, or broken off. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Answer } from './error-answer.ts';

/** A body below that is sent as it is. */
const GZIP_FROM_BYTES = 1_024;
const compress = promisify(gzip);

/** Sends the answer as its delivery says. @throws AbortError where the portal ends meanwhile. */
export async function deliverAnswer(
  answer: Answer,
  incoming: IncomingMessage,
  response: ServerResponse,
  ending: AbortSignal,
): Promise<void> {
  const { delivery } = answer;
  if (delivery?.kind === 'silent') return;
  if (delivery?.kind === 'reset' && delivery.when === 'before-answer') {
    incoming.socket.resetAndDestroy();
    return;
  }
  if (delivery?.kind === 'slow' && delivery.when === 'before-answer') {
    await wait(delivery.delayMs, undefined, { signal: ending });
  }
  const { headers, bytes } = await encode(answer, incoming);
  response.writeHead(answer.status, { ...headers, 'content-length': bytes.length });
  if (delivery === undefined || delivery.when === 'before-answer') {
    response.end(bytes);
    return;
  }
  const half = Math.floor(bytes.length / 2);
  await new Promise((resolve) => response.write(bytes.subarray(0, half), resolve));
  if (delivery.kind === 'reset') {
    incoming.socket.destroy();
    return;
  }
  await wait(delivery.delayMs, undefined, { signal: ending });
  response.end(bytes.subarray(half));
}

async function encode(
  answer: Answer,
  incoming: IncomingMessage,
): Promise<{ readonly headers: Readonly<Record<string, string>>; readonly bytes: Buffer }> {
  const bytes = Buffer.from(answer.body);
  const wanted = /\bgzip\b/i.test(String(incoming.headers['accept-encoding'] ?? ''));
  if (!wanted || bytes.length < GZIP_FROM_BYTES) return { headers: answer.headers, bytes };
  // The lightest level: the portal must not be what a measurement waits for.
  const packed = await compress(bytes, { level: constants.Z_BEST_SPEED });
  return {
    headers: { ...answer.headers, 'content-encoding': 'gzip', vary: 'accept-encoding' },
    bytes: packed,
  };
}
