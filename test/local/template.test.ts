import { describe, expect, test } from 'vitest';
import { type Place, resolveValue } from '../../infra/local/template/intrinsics.ts';
import { readTemplate } from '../../infra/local/template/template.ts';

const PLACE: Place = {
  region: 'us-east-1',
  account: '000000000000',
  stackName: 'HubSpotEvents',
  queueUrlOf: (name) => `http://127.0.0.1/${name}`,
};
const TABLE = { name: 'table', ref: 'table', attributes: { Arn: 'arn:table', 'A.B': 'nested' } };
const RESOURCES = new Map([['Table', TABLE]]);
/** Names in CloudFormation's own notation; the last stands for itself. */
const SUBSTITUTED = ['Table', 'Table.Arn', 'AWS::AccountId', '!kept'].map((name) => `\${${name}}`).join(':');

describe("CloudFormation's functions", () => {
  test.each([
    ['Ref of a resource', { Ref: 'Table' }, 'table'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['GetAtt as a list', { 'Fn::GetAtt': ['Table', 'Arn'] }, 'arn:table'],
    ['GetAtt as a text', { 'Fn::GetAtt': 'Table.A.B' }, 'nested'],
    ['GetAtt of what is not here', { 'Fn::GetAtt': ['Role', 'Arn'] }, 'local:Role.Arn'],
    ['Join of functions', { 'Fn::Join': ['-', ['a', { Ref: 'Table' }]] }, 'a-table'],
    ['Select and Split', { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    ['Sub', { 'Fn::Sub': SUBSTITUTED }, `table:arn:table:000000000000:\${kept}`],
    ['functions deep inside', { a: [{ b: { Ref: 'Table' } }], c: 1 }, { a: [{ b: 'table' }], c: 1 }],
    ['an object that only looks like one', { Ref: 'Table', Other: 1 }, { Ref: 'Table', Other: 1 }],
  ])('%s', (_name, value, expected) => {
    expect(resolveValue(value, PLACE, RESOURCES)).toEqual(expected);
  });

  test.each([[{ Ref: 'Nobody' }], [{ 'Fn::ImportValue': 'x' }]])('%j is refused', (value) => {
    expect(() => resolveValue(value, PLACE, RESOURCES)).toThrow(/^Resolving the template: /);
  });
});

test('a template without a schedule is refused', () => {
  expect(() => readTemplate({ Resources: {} }, PLACE)).toThrow('it must hold a schedule, found none');
});
