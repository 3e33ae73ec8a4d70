/**
 * The role that reads secrets: a session of it is for one portal, and reads that portal's secret alone.
 *
 *   request for portal a ─▶ poller ─▶ session tagged portal=a ─▶ secret of a
 *                                                             └─✗ secret of b
 *
 * The poller's own role reads none. (With one portal alone it reads that one's secret, and there is no such role.) Why
 * session tags: all portals share one function, so a secret's resource policy would see one role whoever is asked for;
 * a function for each portal would do, at hundreds of times the resources.
 * Secrets named `hubspot-events/<portal>` need no statement of their own: those of portals added at run time too.
 */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import {
  ArnPrincipal,
  Effect,
  type IRole,
  PolicyStatement,
  PrincipalWithConditions,
  Role,
  SessionTagsPrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { PORTAL_TAG } from '../../../functions/poller/contract.ts';
import { defaultSecretName } from '../../config-schema.ts';
import type { PortalSecret } from './secret.ts';

const READ = ['secretsmanager:GetSecretValue'];
const TAG = `aws:PrincipalTag/${PORTAL_TAG}`;

/** The role, which the poller's own may assume for one portal at a time. */
export function createPortalRole(scope: Construct, poller: IRole, secrets: readonly PortalSecret[]): Role {
  const trusted = new SessionTagsPrincipal(new ArnPrincipal(poller.roleArn));
  const role = new Role(scope, 'PortalRole', {
    description: "Reads one portal's secret, in a session of that portal",
    assumedBy: new PrincipalWithConditions(trusted, {
      // No session without its portal, and with no other tag.
      StringLike: { [`aws:RequestTag/${PORTAL_TAG}`]: '?*' },
      'ForAllValues:StringEquals': { 'aws:TagKeys': [PORTAL_TAG] },
    }),
  });
  const named = Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    // Secrets Manager puts a hyphen and six characters after the name.
    resourceName: `${defaultSecretName(`\${${TAG}}`)}-??????`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  role.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: READ, resources: [named] }));
  for (const { portal, grantedArn, isByName } of secrets) {
    if (isByName) continue;
    const conditions = { StringEquals: { [TAG]: portal.name } };
    role.addToPolicy(new PolicyStatement({ actions: READ, resources: [grantedArn], conditions }));
  }
  return role;
}
