import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The page of Prometheus that the `runbook_url` of each alert leads to. */
export const runbookPage = 'tureen.html';

const guide = join(import.meta.dirname, '..', '..', 'docs', 'operations.md');

/**
 * The chapter about alerts of docs/operations.md, as a page that Prometheus serves.
 * https://prometheus.io/docs/visualization/consoles/
 */
export function renderRunbook(): string {
  const chapter = /^## Alerts\n(.*?)(?=^## |$(?![\s\S]))/ms.exec(readFileSync(guide, 'utf8'))?.[1];
  if (chapter === undefined) throw new Error('docs/operations.md has no chapter "## Alerts"');
  const body = Bun.markdown.html(withoutLinks(chapter), { headings: { ids: true } });
  return [
    '<!doctype html>',
    '<!-- Made from docs/operations.md by `npm run generate`; change it there. -->',
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    '<title>What to do about alerts of Tureen</title>',
    '<style>',
    'body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }',
    'h3:target { background: Mark; color: MarkText }',
    ':root { color-scheme: light dark }',
    'code { overflow-wrap: anywhere }',
    '</style>',
    '<h1>Alerts of Tureen</h1>',
    // Prometheus takes the file for a template.
    body.replaceAll('{{', '{{ "{{" }}').trim(),
    '</html>',
    '',
  ].join('\n');
}

/** Other pages are not there: their names stay. Links within the chapter stay links. */
function withoutLinks(markdown: string): string {
  return markdown.replace(/\[([^\]]+)\]\(([^)]+)\)/g, (all, text: string, target: string) => {
    if (target.startsWith('#tureen')) return all;
    return target.startsWith('#') ? `${text} (docs/operations.md)` : `${text} (docs/${target.split('#')[0]})`;
  });
}
