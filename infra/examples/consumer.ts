/**
 * A consumer, whole: `npm run deploy -- -c consumerExample=true`. A start for your own; copy it.
 *
 *   page views            ─▶ Lambda, which acts once on each (functions/consumer)
 *   contacts' form posts  ─▶ SQS, for whoever works through them at their own pace
 *   views of the pricing  ─▶ CloudWatch Logs, to look at
 */
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Match } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { HubSpotEvents } from '../constructs/hubspot-events.ts';
import { createEndQueue } from '../constructs/storage.ts';
import { logGroupTarget } from './log-group-target.ts';

export interface ConsumerExampleProps {
  readonly events: HubSpotEvents;
  /** The folder with the bundle of functions/consumer/handler.ts. */
  readonly bundle: string;
}

export class ConsumerExample extends Construct {
  readonly lambda: LambdaFunction;
  readonly queue: Queue;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, { events, bundle }: ConsumerExampleProps) {
    super(scope, id);
    this.lambda = this.createFunction(bundle);
    // Without "backfill": who asks for last year's events does not want last year's mails sent again.
    events.onEvent('e_visited_page', new FunctionTarget(this.lambda), { passes: ['live', 'sweep'] });

    this.queue = createEndQueue(this, 'FormSubmissions', RemovalPolicy.DESTROY);
    events.onEvent('e_form_submission_v2', new SqsQueue(this.queue), { objectType: 'contact' });

    this.logGroup = new LogGroup(this, 'PricingViews', {
      logGroupName: '/aws/events/hubspot-pricing-views',
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const properties = { hs_url_path: Match.prefix('/pricing') };
    events.onEvent('e_visited_page', logGroupTarget(this.logGroup), { properties });
  }

  private createFunction(bundle: string): LambdaFunction {
    const keys = new Table(this, 'Keys', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiration',
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(keys).acknowledge({
      id: 'AwsSolutions-DDB3',
      reason: 'It holds a week of keys: restored to an earlier second it would let events be acted on again.',
    });
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const grants: [resource: string, actions: readonly string[]][] = [
      [keys.tableArn, ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'].map((a) => `dynamodb:${a}`)],
      [logGroup.logGroupArn, ['logs:CreateLogStream', 'logs:PutLogEvents']],
    ];
    for (const [resource, actions] of grants)
      role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [resource] }));
    return new LambdaFunction(this, 'Function', {
      description: 'Acts once on each page view',
      code: Code.fromAsset(bundle),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(10),
      environment: { KEYS_TABLE_NAME: keys.tableName },
      role,
      logGroup,
    });
  }
}
