import { expect, mock, setDefaultTimeout, test } from 'bun:test';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import typescript from 'typescript-5';

setDefaultTimeout(120_000);

interface Scanner {
  recursiveDiagnoseJsxElements(
    ts: unknown,
    node: unknown,
    checker: unknown,
    diagnostics: typescript.Diagnostic[],
  ): void;
}

// The scanner is a plugin of TypeScript 5 and takes the one that it finds; the project's own has no such interface.
mock.module('typescript', () => ({ ...typescript, default: typescript }));
const scanner = createRequire(import.meta.url)('@kitajs/ts-html-plugin/dist/util.js') as Scanner;

const root = join(import.meta.dir, '../..');
const options: typescript.CompilerOptions = {
  target: typescript.ScriptTarget.ESNext,
  module: typescript.ModuleKind.Preserve,
  moduleResolution: typescript.ModuleResolutionKind.Bundler,
  jsx: typescript.JsxEmit.ReactJSX,
  jsxImportSource: '@kitajs/html',
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  types: ['bun-types'],
  typeRoots: [],
};

/** A file that is nowhere but in the scan: whether a mistake would be found. */
const planted = join(root, 'admin', 'planted.tsx');
const mistake = 'export const Name = ({ name }: { name: string }) => <p>{name}</p>;\n';

/** What @kitajs/ts-html-plugin's xss-scan finds in these files. */
function scan(files: string[]): string[] {
  const host = typescript.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, version, ...rest) =>
    name === planted
      ? typescript.createSourceFile(name, mistake, version)
      : getSourceFile(name, version, ...rest);
  const program = typescript.createProgram(files, options, host);
  const checker = program.getTypeChecker();
  return files.flatMap((file) => {
    const source = program.getSourceFile(file);
    if (!source) return [`${file} is not there`];
    const found: typescript.Diagnostic[] = [];
    scanner.recursiveDiagnoseJsxElements(typescript, source, checker, found);
    // It also warns of texts that need no escaping and get it: that harms nobody.
    const errors = found.filter(({ category }) => category === typescript.DiagnosticCategory.Error);
    return errors.map(({ start = 0, messageText }) => {
      const { line } = source.getLineAndCharacterOfPosition(start);
      return `${file.slice(root.length + 1)}:${line + 1} ${typescript.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}

test('no text that people wrote is put into a page without being escaped, and the scan would find one', () => {
  // What is for React is escaped by React.
  const files = [...new Bun.Glob('{admin,examples,src}/**/*.tsx').scanSync(root)]
    .filter((path) => !path.startsWith('examples/react-call/'))
    .map((path) => join(root, path));
  expect(files.length).toBeGreaterThan(15);
  const found = scan([...files, planted]);
  expect(found.filter((line) => line.includes('planted.tsx'))).toHaveLength(1);
  expect(found.filter((line) => !line.includes('planted.tsx'))).toEqual([]);
});
