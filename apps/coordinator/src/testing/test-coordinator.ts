import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { digestOf } from './weights.ts';
import { startCoordinator, type Coordinator, type CoordinatorOptions } from '../app.ts';
import { drawTokens } from '../access/tokens.ts';
import type { Fault } from '../fault.ts';
import { openLogger } from '../operations/logger.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';

export interface TestCoordinator extends Coordinator {
  readonly dataDir: string;
  readonly store: Store;
  /** What ended it, newest last. */
  readonly faults: Fault[];
  readonly request: (path: string, init?: RequestInit & { role?: Role | null }) => Promise<Response>;
  readonly putArtifact: (bytes: Uint8Array) => Promise<{ sha256: string; bytes: number }>;
}

type Role = 'viewer' | 'join' | 'trusted' | 'admin';

const running: (() => Promise<void>)[] = [];

/** A coordinator in this process on a free port, with a memory store and a folder of its own. */
export async function testCoordinator(options: Partial<CoordinatorOptions> = {}): Promise<TestCoordinator> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'gradpool-coordinator-'));
  const faults: Fault[] = [];
  const store = options.store ?? openMemoryStore();
  const coordinator = await startCoordinator({
    dataDir,
    tokens: drawTokens(),
    port: 0,
    logger: openLogger({ level: 'silent', folder: null }),
    onFatal: (fault) => faults.push(fault),
    ...options,
    store,
  });
  running.push(async () => {
    await coordinator.stop().catch(() => undefined);
    await rm(dataDir, { recursive: true, force: true });
  });
  const request: TestCoordinator['request'] = (to, { role = 'admin', ...init } = {}) => {
    const headers = new Headers(init.headers);
    if (role) headers.set('authorization', `Bearer ${coordinator.tokens[role]}`);
    return fetch(`${coordinator.url}${to}`, { ...init, headers });
  };
  const putArtifact = async (bytes: Uint8Array) => {
    const sha256 = digestOf(bytes);
    const answer = await request(`/api/artifacts/${sha256}`, { method: 'PUT', body: Buffer.from(bytes), role: 'join' });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return { sha256, bytes: bytes.length };
  };
  return { ...coordinator, dataDir, store, faults, request, putArtifact };
}

/** For `afterEach`: stops everything that a test has started. */
export async function stopTestCoordinators(): Promise<void> {
  await Promise.all(running.splice(0).map((stop) => stop()));
}
