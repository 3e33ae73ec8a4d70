import { DEFAULT_PUT_EVENTS_MAX_BYTES, ENVIRONMENT } from '../contract.ts';
import * as z from '../core/schema.ts';
import { PollerError } from '../errors.ts';

const required = z.string('must be set').check(z.minLength(1, 'must be set'));

const MAX_BYTES = 'must be a whole number of bytes, 1024 or more';

const schema = z.object({
  [ENVIRONMENT.tableName]: required,
  [ENVIRONMENT.eventBusName]: required,
  [ENVIRONMENT.deadLetterQueueUrl]: required,
  [ENVIRONMENT.apiUrls]: required,
  [ENVIRONMENT.putEventsMaxBytes]: z._default(
    z.coerce.number(MAX_BYTES).check(z.int(MAX_BYTES), z.minimum(1024, MAX_BYTES)),
    DEFAULT_PUT_EVENTS_MAX_BYTES,
  ),
  [ENVIRONMENT.portalRoleArn]: z.optional(z.string().check(z.minLength(1, 'must not be empty'))),
  [ENVIRONMENT.metrics]: z._default(z.enum(['portal', 'fleet'], 'must be portal or fleet'), 'portal'),
  [ENVIRONMENT.alarmTopicArn]: z.optional(z.string().check(z.minLength(1, 'must not be empty'))),
});

/** What the stack tells the function. */
export interface Environment {
  readonly tableName: string;
  readonly eventBusName: string;
  readonly deadLetterQueueUrl: string;
  /** The API URLs that a request may name. */
  readonly apiUrls: readonly string[];
  readonly putEventsMaxBytes: number;
  readonly portalRoleArn: string | undefined;
  /** Whether a portal has metrics of its own, or its figures stay in its log lines. */
  readonly metrics: 'portal' | 'fleet';
  readonly alarmTopicArn: string | undefined;
}

/** @throws PollerError `environment-invalid` that lists every mistake */
export function parseEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const result = schema.safeParse(variables);
  if (!result.success) {
    const mistakes = result.error.issues
      .map(({ path, message }) => `${path.join('.')} ${message}`)
      .join('; ');
    throw new PollerError(
      'environment-invalid',
      `Reading the function's environment: ${mistakes}. The stack sets it: deploy again.`,
    );
  }
  const { data } = result;
  return {
    tableName: data[ENVIRONMENT.tableName],
    eventBusName: data[ENVIRONMENT.eventBusName],
    deadLetterQueueUrl: data[ENVIRONMENT.deadLetterQueueUrl],
    apiUrls: data[ENVIRONMENT.apiUrls]
      .split(',')
      .map((url) => url.trim())
      .filter((url) => url !== ''),
    putEventsMaxBytes: data[ENVIRONMENT.putEventsMaxBytes],
    portalRoleArn: data[ENVIRONMENT.portalRoleArn],
    metrics: data[ENVIRONMENT.metrics],
    alarmTopicArn: data[ENVIRONMENT.alarmTopicArn],
  };
}
