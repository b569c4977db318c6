import { readdirSync, readFileSync } from 'node:fs';
import { server } from '../definitions/index.ts';
import type { Page } from '../page.ts';

const startedAt = Date.now() / 1000 - process.uptime();
const mostFiles = readMostFiles();

/**
 * The process itself. prom-client's own default metrics are not used: under Bun active handles and requests are always
 * 0, garbage collection is never told, and its heap size is virtual memory.
 */
export function collectProcess(page: Page): void {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  page.raise(server.processCpu, (user + system) / 1e6);
  page.set(server.processMemory, rss);
  page.set(server.processHeap, heapUsed);
  page.set(server.processStart, startedAt);
  page.set(server.processOpenFiles, readdirSync('/proc/self/fd').length);
  page.set(server.processMaxFiles, mostFiles);
}

function readMostFiles(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return Number(limit ?? 0);
  } catch {
    // Only Linux has it; 0 says that it is not known.
    return 0;
  }
}
