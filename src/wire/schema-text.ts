import { OptionalKind, type TSchema } from '@sinclair/typebox';

/** The part of a JSON schema that the documentation shows. */
interface Shape {
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

/** Schemas that have a name of their own on the page, by what they hold. */
export class SchemaNames {
  readonly #names = new Map<string, string>();

  constructor(named: Readonly<Record<string, TSchema>>) {
    for (const [name, schema] of Object.entries(named)) this.#names.set(JSON.stringify(schema), name);
  }

  of(schema: TSchema): string | undefined {
    return this.#names.get(JSON.stringify(schema));
  }
}

/** A schema written in the way of a TypeScript type, with its bounds and what it means as comments. */
export function schemaText(schema: TSchema, names: SchemaNames, indent = ''): string {
  return names.of(schema) ?? unnamedText(schema, names, indent);
}

/** As schemaText, for the definition of a named schema itself. */
export function unnamedText(schema: TSchema, names: SchemaNames, indent = ''): string {
  const { type, anyOf, items, properties, patternProperties, const: constant } = schema as Shape;
  if (constant !== undefined) return JSON.stringify(constant);
  if (anyOf) return anyOf.map((option) => schemaText(option, names, indent)).join(' | ');
  if (items) return `${bracketed(schemaText(items, names, indent))}[]`;
  if (properties) return objectText(properties, names, indent);
  if (patternProperties) return '{ [key: string]: unknown }';
  if (type === 'integer') return 'number';
  return type ?? 'unknown';
}

function objectText(properties: Record<string, TSchema>, names: SchemaNames, indent: string): string {
  const entries = Object.entries(properties);
  if (entries.length === 0) return '{}';
  const inner = `${indent}  `;
  const lines = entries.map(([key, schema]) => {
    const optional = OptionalKind in schema ? '?' : '';
    const comment = commentOf(schema as Shape, names.of(schema));
    return `${inner}${key}${optional}: ${schemaText(schema, names, inner)};${comment}`;
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

function commentOf(shape: Shape, name: string | undefined): string {
  if (name) return '';
  const { minimum, maximum, maxLength, maxItems, description } = shape;
  const range = minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : undefined;
  const length = maxLength !== undefined ? `at most ${maxLength} characters` : undefined;
  const count = maxItems !== undefined ? `at most ${maxItems}` : undefined;
  const parts = [description, range, length, count].filter((part) => part !== undefined);
  return parts.length > 0 ? ` // ${parts.join(', ')}` : '';
}

function bracketed(text: string): string {
  return text.includes(' | ') ? `(${text})` : text;
}
