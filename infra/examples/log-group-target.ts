/** A log group as a rule's target: the library's own would bring a function along to write the group's policy. */
import { Aws } from 'aws-cdk-lib';
import type { IRuleTarget } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';

/** Writes each event into the group, as one line of JSON. The group's name must begin with `/aws/events/`. */
export function logGroupTarget(logGroup: LogGroup): IRuleTarget {
  return {
    bind: () => {
      logGroup.addToResourcePolicy(
        new PolicyStatement({
          principals: [
            new ServicePrincipal('events.amazonaws.com'),
            new ServicePrincipal('delivery.logs.amazonaws.com'),
          ],
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [logGroup.logGroupArn],
        }),
      );
      // EventBridge wants the ARN without the ":*" that CloudFormation gives.
      const name = logGroup.logGroupName;
      return { arn: `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:${name}` };
    },
  };
}
