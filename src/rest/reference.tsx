import { errorCodes } from '../core/errors.ts';
import { namedSchemas } from '../operations/named-schemas.ts';
import type { Operation } from '../operations/operation.ts';
import { operationsBySubject, type Subject, subjectDocs } from '../operations/table/index.ts';
import { definitionText, SchemaNames, schemaText } from '../wire/schema-text.ts';
import { exampleCommand } from './example.ts';
import { basePath } from './headers.ts';
import { errorsOf } from './problem.ts';

const names = new SchemaNames(namedSchemas);
const subjects = Object.entries(operationsBySubject) as unknown as readonly [Subject, readonly Operation[]][];

/** The reference of the API, as a page that loads only its stylesheet. */
export function referencePage(version: string, styleAddress: string): string {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Tureen API</title>
        <link rel="stylesheet" href={styleAddress} />
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to the operations
        </a>
        <Contents version={version} />
        <main id="content">
          <Introduction />
          {subjects.map(([subject, operations]) => (
            <section aria-labelledby={subject}>
              <h2 id={subject} safe>
                {subject}
              </h2>
              <p safe>{subjectDocs[subject]}</p>
              {operations.map((operation) => (
                <OperationEntry operation={operation} />
              ))}
            </section>
          ))}
          <Shapes />
          <Errors />
        </main>
      </body>
    </html>
  );
  return `<!doctype html>${page as string}`;
}

function Contents({ version }: { version: string }) {
  return (
    <nav aria-label="Contents">
      <p class="brand">
        <b>Tureen</b> API <span safe>{version}</span>
      </p>
      {subjects.map(([subject, operations]) => (
        <details open>
          <summary safe>{subject}</summary>
          <ul>
            {operations.map(({ name, verb }) => (
              <li>
                <a href={`#${name}`}>
                  <Verb verb={verb} />
                  <span safe>{name}</span>
                </a>
              </li>
            ))}
          </ul>
        </details>
      ))}
      <p>
        <a href="#shapes">Shapes</a>
      </p>
      <p>
        <a href="#errors">Errors</a>
      </p>
    </nav>
  );
}

function Introduction() {
  const first = `curl -H "Authorization: Bearer $KEY" "$TUREEN${basePath}/rooms"`;
  return (
    <header>
      <h1>Tureen API</h1>
      <p>
        What programs can do on this server. The same as a document for tools:{' '}
        <a href={`${basePath}/openapi.json`}>OpenAPI 3.1</a>.
      </p>
      <pre>
        <code safe>{first}</code>
      </pre>
      <ul class="facts">
        <li>
          A key comes from the dashboard, or is a JWT signed with an API key; its scopes say what it may do.
          Keep it on a server, never in a page: pages of other origins are refused.
        </li>
        <li>Lists come in pages: give the nextCursor of one page as the cursor of the next.</li>
        <li>
          A POST with an Idempotency-Key is carried out once, however often it is sent. An ETag sent back as
          If-Match prevents overwriting what somebody else has changed.
        </li>
        <li>
          Errors are problem details (RFC 9457) with one of <a href="#errors">these codes</a>.
        </li>
      </ul>
    </header>
  );
}

function OperationEntry({ operation }: { operation: Operation }) {
  const { name, verb, path, doc, scope, params, result, status = 200 } = operation;
  const shape = names.of(result);
  return (
    <article id={name}>
      <h3>
        <a href={`#${name}`} safe>
          {name}
        </a>
      </h3>
      <p class="route">
        <Verb verb={verb} /> <code safe>{`${basePath}${path}`}</code>
      </p>
      <p safe>{doc}</p>
      <p class="meta">
        needs <code safe>{scope}</code> · answers <code safe>{String(status)}</code>
        {shape === undefined ? (
          ''
        ) : (
          <>
            {' '}
            <a href={`#shape-${shape}`} safe>
              {shape}
            </a>
          </>
        )}
        {operation.versioned ? ' with an ETag' : ''}
      </p>
      <div class="columns">
        {Object.keys(params.properties).length === 0 ? (
          ''
        ) : (
          <Code title="Params" text={schemaText(params, names)} />
        )}
        {status === 204 || shape !== undefined ? (
          ''
        ) : (
          <Code title="Result" text={schemaText(result, names)} />
        )}
      </div>
      <Code title="Example" text={exampleCommand(operation)} />
      <p class="meta">
        errors:{' '}
        {[...new Set(errorsOf(operation))].map((code) => (
          <>
            <a href={`#${code}`} safe>
              {code}
            </a>{' '}
          </>
        ))}
      </p>
    </article>
  );
}

function Shapes() {
  return (
    <section aria-labelledby="shapes">
      <h2 id="shapes">Shapes</h2>
      {Object.entries(namedSchemas).map(([name, schema]) => (
        <div id={`shape-${name}`}>
          <Code title={name} text={definitionText(schema, names)} />
        </div>
      ))}
    </section>
  );
}

function Errors() {
  return (
    <section aria-labelledby="errors">
      <h2 id="errors">Errors</h2>
      <dl>
        {Object.entries(errorCodes).map(([code, { status, retryable, doc }]) => (
          <div id={code}>
            <dt>
              <code safe>{code}</code> <span safe>{String(status)}</span>
              {retryable ? <span class="retry">worth trying again</span> : ''}
            </dt>
            <dd safe>{doc}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Verb({ verb }: { verb: string }) {
  return (
    <b class={`verb ${verb.toLowerCase()}`} safe>
      {verb}
    </b>
  );
}

function Code({ title, text }: { title: string; text: string }) {
  return (
    <figure>
      <figcaption safe>{title}</figcaption>
      <pre>
        <code safe>{text}</code>
      </pre>
    </figure>
  );
}
