import { expect } from 'bun:test';

/**
 * As `expect(received).toMatchObject(shape)`, but on a copy: Bun writes the matchers of `shape` into what it was given
 * (seen in 1.4.5), which must not happen to data that a test goes on to use.
 */
export function expectShape(received: unknown, shape: object): void {
  expect(structuredClone(received)).toMatchObject(shape);
}
