import { OptionalKind, type TSchema } from '@sinclair/typebox';

/** The keywords of JSON Schema that the documentation shows. */
interface Keywords {
  type?: string;
  const?: unknown;
  anyOf?: TSchema[];
  items?: TSchema;
  properties?: Record<string, TSchema>;
  patternProperties?: Record<string, TSchema>;
  description?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** The schemas that a page shows under a name of their own. A schema is recognised by its content. */
export class SchemaNames {
  readonly #names = new Map<string, string>();

  constructor(named: Readonly<Record<string, TSchema>>) {
    for (const [name, schema] of Object.entries(named)) this.#names.set(JSON.stringify(schema), name);
  }

  of(schema: TSchema): string | undefined {
    return this.#names.get(JSON.stringify(schema));
  }
}

/** Writes a schema as a TypeScript type, with bounds and descriptions as comments. */
export function schemaText(schema: TSchema, names: SchemaNames, indent = ''): string {
  return names.of(schema) ?? definitionText(schema, names, indent);
}

/** Like schemaText, but writes a named schema out: for its definition. */
export function definitionText(schema: TSchema, names: SchemaNames, indent = ''): string {
  const { type, anyOf, items, properties, patternProperties, const: constant } = schema as Keywords;
  if (constant !== undefined) return JSON.stringify(constant);
  if (anyOf) return anyOf.map((option) => schemaText(option, names, indent)).join(' | ');
  if (items) return `${bracketed(schemaText(items, names, indent))}[]`;
  if (properties) return objectText(properties, names, indent);
  if (patternProperties) return '{ [key: string]: unknown }';
  if (type === 'integer') return 'number';
  return type ?? 'unknown';
}

/** Says in a few words what a schema takes, for an error message: objects by the names of their fields. */
export function briefText(schema: TSchema): string {
  const { type, anyOf, items, properties, const: constant } = schema as Keywords;
  if (constant !== undefined) return JSON.stringify(constant);
  if (anyOf) return anyOf.map(briefText).join(' or ');
  if (items) return `a list of ${briefText(items)}`;
  if (properties) {
    const required = Object.keys(properties).filter((key) => !(OptionalKind in (properties[key] ?? {})));
    return `{${required.join(', ')}}`;
  }
  if (type === 'null') return 'null';
  return type === undefined ? 'another value' : `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`;
}

function objectText(properties: Record<string, TSchema>, names: SchemaNames, indent: string): string {
  const entries = Object.entries(properties);
  if (entries.length === 0) return '{}';
  const inner = `${indent}  `;
  const lines = entries.map(([key, schema]) => {
    const optional = OptionalKind in schema ? '?' : '';
    const comment = commentOf(schema as Keywords, names.of(schema));
    return `${inner}${key}${optional}: ${schemaText(schema, names, inner)};${comment}`;
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

function commentOf(keywords: Keywords, name: string | undefined): string {
  if (name) return '';
  const { minimum, maximum, maxLength, maxItems, description } = keywords;
  const range = minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : undefined;
  const length = maxLength !== undefined ? `at most ${maxLength} characters` : undefined;
  const count = maxItems !== undefined ? `at most ${maxItems}` : undefined;
  const parts = [description, range, length, count].filter((part) => part !== undefined);
  return parts.length > 0 ? ` // ${parts.join(', ')}` : '';
}

function bracketed(text: string): string {
  return text.includes(' | ') ? `(${text})` : text;
}
