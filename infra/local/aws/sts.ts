/** STS on loopback: sessions that are tagged with a portal, and what such a session may read. */
import { z } from 'zod';
import { PORTAL_TAG } from '../../../functions/poller/contract.ts';
import type { LocalCredentials } from './signature.ts';

const SESSION_SECONDS = 3600;
/** A session's token says whose it is: here nobody is to be deceived. */
const TOKEN_PREFIX = 'session-of-portal:';

const ESCAPES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };

/** The answer to `AssumeRole`, an XML text; undefined for any other action. A session has its caller's own credentials. */
export function answerSts(
  form: URLSearchParams,
  { accessKeyId, secretAccessKey }: LocalCredentials,
  now: number,
): string | undefined {
  if (form.get('Action') !== 'AssumeRole' || form.get('Tags.member.1.Key') !== PORTAL_TAG) return undefined;
  const portal = (form.get('Tags.member.1.Value') ?? '').replace(/[<>&]/g, (sign) => ESCAPES[sign] ?? sign);
  const expiresAt = new Date(now + SESSION_SECONDS * 1000).toISOString();
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${TOKEN_PREFIX}${portal}</SessionToken><Expiration>${expiresAt}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
}

/** The portal whose session a request was signed in; undefined where it was none. */
export function portalOfSession(sessionToken: string | undefined): string | undefined {
  return sessionToken?.startsWith(TOKEN_PREFIX) ? sessionToken.slice(TOKEN_PREFIX.length) : undefined;
}

const statementSchema = z.object({
  Effect: z.literal('Allow'),
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.union([z.string(), z.array(z.string())]),
  Condition: z.object({ StringEquals: z.record(z.string(), z.string()) }).optional(),
});
const policySchema = z.object({ PolicyDocument: z.object({ Statement: z.array(z.unknown()) }) });

/**
 * Whether these policies let a session of a portal read a secret, as IAM would judge: the session's tag stands for
 * the policy variable, `?` for one character and `*` for any number.
 */
export function mayReadSecret(policies: readonly unknown[], portal: string, secretArn: string): boolean {
  const statements = policies.flatMap((policy) => policySchema.parse(policy).PolicyDocument.Statement);
  return statements.some((each) => {
    const statement = statementSchema.safeParse(each).data;
    if (statement === undefined || ![statement.Action].flat().includes('secretsmanager:GetSecretValue'))
      return false;
    const tag = `aws:PrincipalTag/${PORTAL_TAG}`;
    const conditions = Object.entries(statement.Condition?.StringEquals ?? {});
    if (!conditions.every(([key, value]) => key === tag && value === portal)) return false;
    return [statement.Resource]
      .flat()
      .some((resource) => matchesResource(resource.replaceAll(`\${${tag}}`, portal), secretArn));
  });
}

function matchesResource(resource: string, arn: string): boolean {
  const escaped = resource.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(arn);
}
