/** What was done, but not as it should be, for the answer to whoever asked. */
export interface Warnings {
  /** Takes one sentence. Several peers at once have the same. */
  readonly warn: (sentence: string) => void;
  readonly all: () => string[];
  /** All of them as one; undefined without any. */
  readonly text: () => string | undefined;
}

const maxWarnings = 16;
const maxLength = 1024;
const maxTextLength = 4096;

/** Collects the warnings of what one request does, a bounded number. */
export function collectWarnings(): Warnings {
  const sentences = new Set<string>();
  return {
    warn: (sentence) => {
      if (sentences.size < maxWarnings) sentences.add(sentence.slice(0, maxLength));
    },
    all: () => [...sentences],
    text: () => (sentences.size === 0 ? undefined : [...sentences].join('; ').slice(0, maxTextLength)),
  };
}
