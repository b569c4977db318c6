import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { Glob } from 'bun';
import { requireWhenUsed } from '../../scripts/mediasoup-messages.ts';
import { projectFolder } from '../support/program.ts';

const messages = join(projectFolder, 'node_modules', 'mediasoup', 'node', 'lib', 'fbs');

test('a message requires another one when it is used', () => {
  const source = `const dump_1 = require("./dump");
exports.read = () => new dump_1.Dump(dump_1.kind);
`;
  expect(requireWhenUsed(source)).toBe(
    'exports.read = () => new (require("./dump")).Dump((require("./dump")).kind);\n',
  );
});

test('what a message is made with stays at the top', () => {
  const source = 'const flatbuffers = __importStar(require("flatbuffers"));\nflatbuffers.Builder;\n';
  expect(requireWhenUsed(source)).toBe(source);
});

test('a message that hands another one on as a whole is refused, by its name', () => {
  const source = 'var dump_1 = require("./dump");\nexports.all = dump_1;\n';
  expect(() => requireWhenUsed(source)).toThrow('dump_1 is used in a way');
});

test('every message of this mediasoup can be written so, and none requires another at its top', async () => {
  const names = [...new Glob('**/*.js').scanSync(messages)];
  expect(names.length).toBeGreaterThan(200);
  const written = await Promise.all(
    names.map(async (name) => requireWhenUsed(await Bun.file(join(messages, name)).text())),
  );
  expect(written.filter((text) => /^(const|var|let) .*require\("\./m.test(text))).toEqual([]);
  expect(written.filter((text) => text.includes('(require("./')).length).toBeGreaterThan(20);
});
