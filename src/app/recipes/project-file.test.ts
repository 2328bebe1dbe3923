import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repositoryRoot } from '../../../test/support.js';
import { checkProject, parseProject } from './project-file.js';
import { projectJsonSchema } from './schema.js';

const bad = `name: my project
charter:
  purpos: words
  dataClasses: [publc]
  releaseThresholds: ["base.bitsPerByte < many words"]
data:
  files: [a.txt]
architecture:
  depth: 0
  widht: 3
trainig:
  minutes: 4
training:
  optimizer: adam
  minutes: soon
`;

describe('abovo.yaml', () => {
  it('names all problems at once, with line, column and suggestion', () => {
    const { problems } = checkProject(bad);
    expect(problems.map(({ key, line, column, suggestion }) => [key, line, column, suggestion])).toEqual([
      ['name', 1, 7, undefined],
      ['charter.purpos', 3, 3, 'purpose'],
      ['charter.dataClasses.0', 4, 17, 'public'],
      ['charter.releaseThresholds.0', 5, 23, undefined],
      ['architecture.depth', 9, 10, undefined],
      ['architecture.widht', 10, 3, undefined],
      ['trainig', 11, 1, 'training'],
      ['training.optimizer', 14, 14, 'adamw'],
      ['training.minutes', 15, 12, undefined],
    ]);
    expect(() => parseProject(bad, 'p/abovo.yaml')).toThrow(
      /9 problems in p\/abovo\.yaml:[\s\S]*p\/abovo\.yaml:11:1: trainig: unknown key; did you mean "training"\?/,
    );
  });

  it.each([
    ['', 'data', /missing|either/],
    ['data: {}', 'data', /either files, sources or module/],
    ['data: {files: [a], module: b}', 'data', /either files, sources or module/],
    ['data: {files: [a]}\ndata: {files: [b]}', '', /unique/],
    ['data: [a', '', /./],
    ['- a', '', /expected object/],
    ['data: {files: []}', 'data.files', />=1|at least/],
  ])('%j is refused', (text, key, message) => {
    const { problems } = checkProject(text);
    expect(problems[0].key).toBe(key);
    expect(problems[0].message).toMatch(message);
  });

  it('survives any text', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('data:', '\n', '  ', '- ', 'files: [a]', '&a', '*a', '{', '['));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const { project, problems } = checkProject(pieces.join(''));
        expect(project === undefined).toBe(problems.length > 0);
      }),
      { numRuns: 300 },
    );
    expect(checkProject('['.repeat(100_000)).problems).not.toHaveLength(0);
  });

  it('has a published JSON Schema that is current and agrees', () => {
    const path = join(repositoryRoot, 'schema/abovo.schema.json');
    const published = JSON.parse(readFileSync(path, 'utf8')) as object;
    expect(published, 'run: npm run schema').toEqual(projectJsonSchema());
    const validate = new Ajv.Ajv2020({ strict: false }).compile(published);
    expect(validate(parse('data: {files: [a.txt]}'))).toBe(true);
    expect(validate(parse(bad.replace('trainig:', 'trainng:')))).toBe(false);
  });
});
