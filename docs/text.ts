import type { TSchema } from '@sinclair/typebox';
import { definitionText, type SchemaNames } from '../src/wire/schema-text.ts';

/** A block of code in Markdown. */
export const code = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\``;

/** A block for each of the shapes that a page names. */
export function shapeTexts(named: Readonly<Record<string, TSchema>>, names: SchemaNames): string[] {
  return Object.entries(named).map(([name, schema]) =>
    code('ts', `type ${name} = ${definitionText(schema, names)};`),
  );
}
