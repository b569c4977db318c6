import { connect } from 'node:net';
import type { Server } from '../../src/app/server.ts';
import { apiKey } from '../support/server.ts';

export interface ApiRequest {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined for what is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

/** Calls the REST API of a server as a program does. */
export class Caller {
  constructor(
    private readonly server: Pick<Server, 'port'>,
    private readonly key: string | undefined,
  ) {}

  /** @param path below /api/v1. A body that is a text goes as it is, everything else as JSON. */
  async call(path: string, { method = 'GET', body, headers = {} }: ApiRequest = {}): Promise<ApiAnswer> {
    const response = await fetch(`http://127.0.0.1:${this.server.port}/api/v1${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(this.key !== undefined && { authorization: `Bearer ${this.key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: readJson(text) };
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    return await this.call(path, { headers });
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    return await this.call(path, { method: 'POST', body, headers });
  }
}

function readJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** The whole answer to a GET whose address is sent as it is; fetch would repair it. */
export async function rawGet({ port }: Pick<Server, 'port'>, path: string): Promise<string> {
  const key = await apiKey();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => void parts.push(part));
  socket.on('close', () => resolve(Buffer.concat(parts).toString()));
  socket.on('error', reject);
  const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nConnection: close`;
  socket.write(`${head}\r\n\r\n`);
  return await promise;
}
