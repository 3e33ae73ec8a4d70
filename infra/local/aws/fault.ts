/** What can go wrong between the function and AWS, request by request. */

/** A request as an AWS service gets it. */
export interface ServiceCall {
  readonly service: ServiceName;
  /** The action's name in the service's API: `PutEvents`, `UpdateItem`. */
  readonly action: string;
  /** The body: JSON text. */
  readonly body: string;
}

export type ServiceName = 'dynamodb' | 'eventbridge' | 'secretsmanager' | 'sqs';

export type Fault =
  | 'pass'
  /** The service does its work, and the connection breaks before its answer. */
  | 'drop-answer'
  /** The connection breaks before the service has seen the request. */
  | 'reset'
  /** The service's answer is this one, and nothing is done. */
  | { readonly status: number; readonly body: object };

/** Decides each request's fault. A slow service is a hook that answers later. */
export type FaultHook = (call: ServiceCall) => Fault | Promise<Fault>;

/** The answer of a service that fails with this error of its API. */
export function failWith(status: number, type: string, message = type): Fault {
  return { status, body: { __type: type, message } };
}
