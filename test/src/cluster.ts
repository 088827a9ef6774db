import path from 'node:path';
import type { SweepView, TrialsAnswer, WorkersAnswer } from '@gradpool/protocol';
import { eventually, newFolder, programs, readJson, type Running, start } from './processes.ts';

type Role = 'viewer' | 'join' | 'trusted' | 'admin';

/** A coordinator process with its own data folder, and the calls a test makes to it. */
export interface Coordinator {
  readonly process: Running;
  readonly dataDir: string;
  readonly port: number;
  readonly url: string;
  readonly tokens: Readonly<Record<Role, string>>;
}

export async function startCoordinator(options: {
  readonly dataDir?: string;
  readonly port: number;
  readonly databaseUrl?: string;
}): Promise<Coordinator> {
  const dataDir = options.dataDir ?? newFolder();
  const url = `http://127.0.0.1:${options.port}`;
  const database = options.databaseUrl === undefined ? [] : ['--database-url', options.databaseUrl];
  const args = ['--host', '127.0.0.1', '--port', String(options.port), '--data-dir', dataDir, ...database];
  const running = start(programs.coordinator, args);
  await eventually('the coordinator is ready', async () => {
    const answer = await fetch(`${url}/api/ready`);
    return answer.ok ? true : undefined;
  });
  const tokens = readJson<Record<Role, string>>(path.join(dataDir, 'tokens.json'));
  return { process: running, dataDir, port: options.port, url, tokens };
}

/** The link to the join page; the token is the part that no server sees. */
export const joinLink = ({ url, tokens }: Coordinator, query = ''): string => `${url}/join${query}#t=${tokens.join}`;

export function startWorker(coordinator: Coordinator, index: number, kind: 'train' | 'evaluate' = 'train'): Running {
  const token = kind === 'evaluate' ? coordinator.tokens.trusted : coordinator.tokens.join;
  const name = kind === 'evaluate' ? 'judge' : `worker-${index}`;
  const identity = ['--name', name, '--kind', kind, '--index', String(index), '--data-dir', coordinator.dataDir];
  return start(programs.worker, ['--url', coordinator.url, '--token', token, ...identity]);
}

export async function call<T>(coordinator: Coordinator, route: string, body?: unknown): Promise<T> {
  const token = coordinator.tokens.admin;
  const answer = await fetch(`${coordinator.url}${route}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${route}: ${answer.status} ${text}`);
  return JSON.parse(text) as T;
}

export const sweepOf = (coordinator: Coordinator, id: string) => call<SweepView>(coordinator, `/api/sweeps/${id}`);
export const workersOf = async (coordinator: Coordinator) =>
  (await call<WorkersAnswer>(coordinator, '/api/workers')).workers;
export const trialsOf = async (coordinator: Coordinator, id: string) =>
  (await call<TrialsAnswer>(coordinator, `/api/sweeps/${id}/trials`)).trials;

export async function submit(coordinator: Coordinator, yaml: string): Promise<string> {
  const { sweepId } = await call<{ sweepId: string }>(coordinator, '/api/sweeps', { yaml });
  return sweepId;
}

/** A worker that trains now and has got somewhere; throws where none comes. */
export const trainsIn = (coordinator: Coordinator) =>
  eventually('a worker trains', async () =>
    (await workersOf(coordinator)).find(
      ({ connected, leases }) => connected && leases.some(({ fraction }) => fraction > 0),
    ),
  );

/** Waits until every trial of a sweep is verified. */
export const completes = (coordinator: Coordinator, sweep: string, withinMs?: number) =>
  eventually(
    'the sweep is complete',
    async () => ((await sweepOf(coordinator, sweep)).state === 'complete' ? true : undefined),
    withinMs,
  );
