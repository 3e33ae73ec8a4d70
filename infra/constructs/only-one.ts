import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** @throws where the stack has another of the construct's class already: their names would be the same */
export function refuseSecond(added: Construct): void {
  const other = Stack.of(added)
    .node.findAll()
    .find((each) => each.constructor === added.constructor && each !== added);
  if (other === undefined) return;
  throw new Error(
    `Adding ${added.constructor.name}: there must be one in an account and Region, with any number of portals; found ${other.node.path} in this stack already`,
  );
}
