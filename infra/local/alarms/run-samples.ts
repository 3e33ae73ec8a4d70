/** What a run tells CloudWatch, and what AWS itself counts: the values that the alarms look at. */
import { z } from 'zod';
import { metricKey } from './alarm-evaluator.ts';

const metricLineSchema = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});
const valuesSchema = z.union([z.number().transform((value) => [value]), z.array(z.number())]);
const resourcesSchema = z.object({ Resources: z.record(z.string(), z.object({ Type: z.string() })) });

/** The values of a line in the embedded metric format; none of any other line. */
export function readMetricLine(line: string): { key: string; name: string; value: number }[] {
  const parsed = metricLineSchema.safeParse(parseLine(line));
  if (!parsed.success) return [];
  return parsed.data._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => {
      const dimensions = names.map((Name) => ({ Name, Value: parsed.data[Name] }));
      return Metrics.flatMap(({ Name: name }) => {
        const key = metricKey(Namespace, name, dimensions);
        return valuesSchema.parse(parsed.data[name]).map((value) => ({ key, name, value }));
      });
    }),
  );
}

/** The keys of what AWS itself counts, by the resources of the template. */
export function awsMetricKeys(template: unknown) {
  const resources = Object.entries(resourcesSchema.parse(template).Resources);
  const idOf = (type: string, start: string) =>
    resources.find(([id, resource]) => resource.Type === type && id.startsWith(start))?.[0];
  const poller = [{ Name: 'FunctionName', Value: { Ref: idOf('AWS::Lambda::Function', '') } }];
  const queue = idOf('AWS::SQS::Queue', 'DeadLetterQueue');
  const letters = [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } }];
  return {
    invocations: metricKey('AWS/Lambda', 'Invocations', poller),
    errors: metricKey('AWS/Lambda', 'Errors', poller),
    throttles: metricKey('AWS/Lambda', 'Throttles', poller),
    duration: metricKey('AWS/Lambda', 'Duration', poller),
    letters: metricKey('AWS/SQS', 'ApproximateNumberOfMessagesVisible', letters),
  };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Lambda's own line about an error is plain text.
    return undefined;
  }
}
