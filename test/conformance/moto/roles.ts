/** The roles of the deployed stack, each with its grants, and how one is taken away for a while. */
import {
  CreateRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { z } from 'zod';
import type { MotoServer } from './moto-server.ts';

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((found) => [found].flat());
const policySchema = z.looseObject({
  Statement: z.array(z.looseObject({ Action: oneOrMore, Resource: oneOrMore })),
});

/** One action on one resource. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
}

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly grants: readonly Grant[];
  /** Lets the role do all but this while `use` runs. */
  readonly without: (grant: Grant, use: () => Promise<void>) => Promise<void>;
}

/** A policy can't be empty: this stands in it where nothing else does, and nobody needs it. */
const NOTHING = { Effect: 'Allow', Action: 'sts:GetCallerIdentity', Resource: '*' };

/** The role whose name begins so, with its one policy. @throws where there is none */
export async function findRole(moto: MotoServer, start: string): Promise<Role> {
  const iam = new IAMClient(moto.client);
  const { Roles = [] } = await iam.send(new ListRolesCommand({}));
  const role = Roles.find(({ RoleName = '' }) => RoleName.startsWith(start));
  if (role === undefined) throw new Error(`Looking for the role ${start}: the stack must have one`);
  const { RoleName, Arn = '' } = role;
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const [PolicyName] = PolicyNames;
  const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
  const policy = policySchema.parse(JSON.parse(decodeURIComponent(PolicyDocument)));
  const put = (Statement: unknown) =>
    iam.send(
      new PutRolePolicyCommand({
        RoleName,
        PolicyName,
        PolicyDocument: JSON.stringify({ ...policy, Statement }),
      }),
    );
  const grants = policy.Statement.flatMap(({ Action, Resource }) =>
    Action.flatMap((action) => Resource.map((resource) => ({ action, resource }))),
  );
  return {
    name: RoleName ?? '',
    arn: Arn,
    grants,
    without: async (taken, use) => {
      const left = grants.filter(
        ({ action, resource }) => action !== taken.action || resource !== taken.resource,
      );
      await put([
        NOTHING,
        ...left.map(({ action, resource }) => ({ Effect: 'Allow', Action: action, Resource: resource })),
      ]);
      try {
        await use();
      } finally {
        await put(policy.Statement);
      }
    },
  };
}

/** A role that may do everything: for what others do to the stack meanwhile. Gives its ARN. */
export async function createOperator(moto: MotoServer): Promise<string> {
  const iam = new IAMClient(moto.client);
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: '*' }],
  };
  const { Role: created } = await iam.send(
    new CreateRoleCommand({ RoleName: 'operator', AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  await iam.send(
    new PutRolePolicyCommand({ RoleName: 'operator', PolicyName: 'everything', PolicyDocument }),
  );
  return created?.Arn ?? '';
}
