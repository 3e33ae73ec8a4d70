/** CloudFormation's functions (`Ref`, `Fn::GetAtt`, `Fn::Join`, …), as far as the stack uses them where it runs here. */

/** A resource of the template as it exists here: what `Ref` and `Fn::GetAtt` give. */
export interface LocalResource {
  readonly name: string;
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Where the stack stands in for being deployed. */
export interface Place {
  readonly region: string;
  readonly account: string;
  readonly stackName: string;
  readonly queueUrlOf: (queueName: string) => string;
}

type Resources = ReadonlyMap<string, LocalResource>;

/** The value with every function in it resolved. @throws where a function or a name is not known here */
export function resolveValue(value: unknown, place: Place, resources: Resources): unknown {
  if (Array.isArray(value)) return value.map((element) => resolveValue(element, place, resources));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (only !== undefined && entries.length === 1 && (only[0] === 'Ref' || only[0].startsWith('Fn::'))) {
    return resolveFunction(only[0], only[1], place, resources);
  }
  return Object.fromEntries(entries.map(([key, child]) => [key, resolveValue(child, place, resources)]));
}

function resolveFunction(name: string, operand: unknown, place: Place, resources: Resources): unknown {
  const refuse = () =>
    new Error(`Resolving the template: ${name} ${JSON.stringify(operand)} must be known here`);
  const refer = (id: string) => {
    const found = pseudoParameter(id, place) ?? resources.get(id)?.ref;
    if (found === undefined) throw refuse();
    return found;
  };
  if (name === 'Ref') return refer(String(operand));
  if (name === 'Fn::GetAtt') {
    const [id, attribute] = Array.isArray(operand) ? operand.map(String) : String(operand).split(/\.(.*)/);
    return readAttribute(resources, id, attribute);
  }
  if (name === 'Fn::Sub' && typeof operand === 'string') {
    return operand.replaceAll(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, id: string) => {
      if (literal !== '') return `\${${id}}`;
      const [resource, attribute] = id.split(/\.(.*)/);
      return attribute === undefined ? refer(id) : readAttribute(resources, resource, attribute);
    });
  }
  const resolved = resolveValue(operand, place, resources);
  if (name === 'Fn::Join' && Array.isArray(resolved) && Array.isArray(resolved[1])) {
    return resolved[1].map(String).join(String(resolved[0]));
  }
  if (name === 'Fn::Select' && Array.isArray(resolved) && Array.isArray(resolved[1])) {
    const selected: unknown = resolved[1][Number(resolved[0])];
    return selected;
  }
  if (name === 'Fn::Split' && Array.isArray(resolved)) return String(resolved[1]).split(String(resolved[0]));
  throw refuse();
}

/** What the poller does not need here may stay unknown: the ARN of a role, say. */
function readAttribute(resources: Resources, id = '', attribute = ''): string {
  return resources.get(id)?.attributes[attribute] ?? `local:${id}.${attribute}`;
}

function pseudoParameter(name: string, { region, account, stackName }: Place): string | undefined {
  switch (name) {
    case 'AWS::Region':
      return region;
    case 'AWS::AccountId':
      return account;
    case 'AWS::Partition':
      return 'aws';
    case 'AWS::URLSuffix':
      return 'amazonaws.com';
    case 'AWS::StackName':
      return stackName;
    case 'AWS::StackId':
      return `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/local`;
    default:
      return undefined;
  }
}
