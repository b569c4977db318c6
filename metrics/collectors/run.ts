import { type CollectorName, collectorDuration, collectorSuccess } from '../definitions/monitoring.ts';
import type { Page } from '../page.ts';

export type Collectors = Readonly<Record<CollectorName, () => void>>;

/** Runs every collector. One that throws is told on the page, and the others go on. */
export function runCollectors(page: Page, collectors: Collectors, onError: (error: unknown) => void): void {
  for (const [collector, collect] of Object.entries(collectors)) {
    const startedAt = performance.now();
    let success = 1;
    try {
      collect();
    } catch (error) {
      success = 0;
      onError(error);
    }
    page.set(collectorSuccess, success, { collector });
    page.set(collectorDuration, (performance.now() - startedAt) / 1000, { collector });
  }
}
