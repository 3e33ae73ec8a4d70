/** The credentials of the services on this machine: new at every start, and checked in each request's signature. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { createKey, isSame } from '../key.ts';
import { type Admission, readBody } from '../loopback.ts';

export interface LocalCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Credentials whose secret nobody can guess. The id stays the same: DynamoDB Local keeps a table apart for each. */
export function createCredentials(): LocalCredentials {
  return { accessKeyId: 'local', secretAccessKey: createKey() };
}

const REFUSAL = {
  __type: 'UnrecognizedClientException',
  message: 'The request must be signed with the credentials of this start.',
};
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=/;

/**
 * Admits requests that are signed with the credentials (AWS Signature Version 4, in the Authorization header): the
 * same request, signed here again, must get the same signature.
 */
export function admitSigned(credentials: LocalCredentials): Admission {
  return async (request) => {
    const { authorization = '' } = request.headers;
    const [, accessKeyId, region, service, signedHeaders] = AUTHORIZATION.exec(authorization) ?? [];
    const signingDate = readDate(request);
    if (accessKeyId !== credentials.accessKeyId || signingDate === undefined) return REFUSAL;
    const signer = new SignatureV4({
      credentials,
      region: region ?? '',
      service: service ?? '',
      sha256: Sha256,
      applyChecksum: false,
    });
    const asked = {
      ...describe(request, (signedHeaders ?? '').split(';')),
      body: await readBody(request),
    };
    // The signer takes a hash that a request brings for that of its body.
    const { 'x-amz-content-sha256': claimed = hashOf(asked.body) } = asked.headers;
    if (claimed !== hashOf(asked.body)) return REFUSAL;
    const { headers } = await signer.sign(asked, { signingDate });
    return isSame(authorization, headers['authorization'] ?? '') ? undefined : REFUSAL;
  };
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

function readDate({ headers }: IncomingMessage): Date | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date'] ?? '')) ?? [];
  if (second === undefined) return undefined;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The part of a request that its signature covers. */
function describe({ headers, method = '', url = '/' }: IncomingMessage, signed: readonly string[]) {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  return {
    method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: Object.fromEntries(signed.map((name) => [name, String(headers[name] ?? '')])),
  };
}
