/** Every variant of the template, read by cfn-lint: no error, and no warning that is not explained here. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PYTHON_BIN } from '../tools/cache.ts';
import { VARIANTS } from './variants.ts';

/** The warnings that are known, and why each is left. */
const EXPLAINED: Readonly<Record<string, string>> = {
  // A function or a schedule depends on its role's policy: it must not run before it may do what it must. The CDK
  // adds the role itself beside the policy, which says again what the reference to the role says.
  W3005: 'the role in DependsOn stands beside its policy, which the reference to the role does not reach',
};

const findings = z.array(
  z.object({
    Filename: z.string(),
    Level: z.enum(['Error', 'Warning', 'Informational']),
    Message: z.string(),
    Rule: z.object({ Id: z.string() }),
  }),
);
type Finding = z.output<typeof findings>[number];

const names = Object.keys(VARIANTS);
let directory = '';
const found = new Map<string, Finding[]>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cfn-lint-'));
  const written = Object.values(VARIANTS).map((make, index) => write(`${index}`, make()));
  const broken = write('broken', {
    Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 99_999, Nonsense: 1 } } },
  });
  for (const each of await lint(await Promise.all([...written, broken]))) {
    const file = basename(each.Filename, '.json');
    found.set(file, [...(found.get(file) ?? []), each]);
  }
});
afterAll(() => rm(directory, { recursive: true }));

async function write(name: string, template: unknown): Promise<string> {
  const file = join(directory, `${name}.json`);
  await writeFile(file, JSON.stringify(template));
  return file;
}

/** cfn-lint's exit status says whether it found anything, in bits: its findings are read whatever it is. */
function lint(files: readonly string[]): Promise<Finding[]> {
  const options = ['--format', 'json', '--regions', 'us-east-1', 'eu-west-1', '--'];
  return new Promise((resolve, reject) => {
    execFile(
      join(PYTHON_BIN, 'cfn-lint'),
      [...options, ...files],
      { maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const parsed = z.string().min(1).safeParse(stdout);
        if (parsed.success) resolve(findings.parse(JSON.parse(parsed.data)));
        else reject(new Error(`Running cfn-lint: it must write JSON, found ${stderr}`, { cause: error }));
      },
    );
  });
}

const told = (level: Finding['Level'], file: string) =>
  (found.get(file) ?? [])
    .filter(({ Level, Rule }) => Level === level && !(level === 'Warning' && Rule.Id in EXPLAINED))
    .map(({ Message, Rule }) => `${Rule.Id} ${Message}`);

describe.each(names.map((name, index) => [name, `${index}`] as const))(
  'the template with %s',
  (_name, file) => {
    test('has no error', () => {
      expect(told('Error', file)).toEqual([]);
    });

    test('has no warning but those that are explained', () => {
      expect(told('Warning', file)).toEqual([]);
    });
  },
);

test('every explained warning is still found', () => {
  const ids = new Set([...found.values()].flatMap((each) => each.map(({ Rule }) => Rule.Id)));
  expect(Object.keys(EXPLAINED).filter((id) => !ids.has(id))).toEqual([]);
});

test('a template that is wrong is told apart', () => {
  expect(told('Error', 'broken')).toHaveLength(2);
});
