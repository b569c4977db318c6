import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TSchema } from '@sinclair/typebox';
import { defaultTypes } from '../src/config/webhook-receivers.ts';
import { publicEventSchemas } from '../src/core/public-event-schemas.ts';
import { type PublicEventType, publicEventTypes } from '../src/core/public-events.ts';
import { webhookExamples } from './webhook-examples.ts';

/** docs/webhooks.md: the guide to webhooks, with an example of every event. */
export function webhooksPage(): string {
  const receiver = readFileSync(
    join(import.meta.dirname, '../examples/webhook-receiver/receiver.ts'),
    'utf8',
  );
  const examples = webhookExamples();
  const text = readFileSync(join(import.meta.dirname, 'webhooks.template.md'), 'utf8');
  return text
    .replace('{{receiver}}', () => receiver.trimEnd())
    .replace('{{usual}}', () => defaultTypes.map((type) => `\`${type}\``).join(', '))
    .replace('{{events}}', () =>
      publicEventTypes.map((type) => eventText(type, examples.get(type))).join('\n\n'),
    );
}

function eventText(type: PublicEventType, example: string | undefined): string {
  if (example === undefined)
    throw new Error(`docs/webhook-examples.ts has no sample that results in ${type}; add one`);
  const json = JSON.stringify(JSON.parse(example), null, 2);
  return `### ${type}\n\n${publicEventSchemas[type].doc}${wordsOf(type)}\n\n\`\`\`json\n${json}\n\`\`\``;
}

/** What is said of its fields. */
function wordsOf(type: PublicEventType): string {
  const fields = Object.entries(publicEventSchemas[type].data.properties);
  return fields
    .map(([name, { anyOf, description }]: [string, TSchema]) => {
      if (name === 'reason')
        return ` \`reason\`: ${anyOf.map((word: TSchema) => `\`${word.const}\``).join(', ')}.`;
      return description === undefined || name === 'sessionId'
        ? ''
        : ` \`${name}\`: ${lowerFirst(description)}.`;
    })
    .join('');
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
