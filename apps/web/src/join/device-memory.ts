import type { Identity } from '@gradpool/worker';
import type { KnownBackend } from '../worker/messages.ts';
import { knownBackendIn } from './backend-choice.ts';

/** What this browser remembers of one of its workers. */
interface KeptWorker {
  readonly name: string;
  readonly identity: Identity | null;
}

export interface DeviceMemory {
  /** `tab` tells the workers of one browser apart. */
  readonly worker: (tab: number) => KeptWorker | null;
  readonly keepWorker: (tab: number, worker: KeptWorker) => void;
  readonly backend: (userAgent: string) => KnownBackend | null;
  readonly keepBackend: (backend: KnownBackend, userAgent: string) => void;
  readonly share: () => number;
  readonly keepShare: (share: number) => void;
  /** False where the browser forbids storage: then all lasts as long as the page. */
  readonly lasts: () => boolean;
}

const shareDefault = 1;
const backendKey = 'gradpool.backend';

/** `storage` is null, or throws, where the browser forbids it or it is full. */
export function deviceMemory(storage: () => Pick<Storage, 'getItem' | 'setItem'> | null): DeviceMemory {
  const here = new Map<string, string>();
  let lasts = true;
  const read = (key: string): unknown => {
    try {
      return JSON.parse(here.get(key) ?? storage()?.getItem(key) ?? 'null') as unknown;
    } catch {
      return null;
    }
  };
  const keep = (key: string, value: unknown): void => {
    const text = JSON.stringify(value);
    here.set(key, text);
    try {
      const kept = storage();
      kept?.setItem(key, text);
      lasts = kept !== null;
    } catch {
      lasts = false;
    }
  };
  const workerKey = (tab: number): string => `gradpool.worker.${tab}`;
  return {
    worker: (tab) => keptWorker(read(workerKey(tab))),
    keepWorker: (tab, worker) => {
      keep(workerKey(tab), worker);
    },
    backend: (userAgent) => knownBackendIn(read(backendKey), userAgent),
    keepBackend: (backend, measuredBy) => {
      keep(backendKey, { ...backend, measuredBy });
    },
    share: () => {
      const share = read('gradpool.power');
      return typeof share === 'number' && share > 0 && share <= 1 ? share : shareDefault;
    },
    keepShare: (share) => {
      keep('gradpool.power', share);
    },
    lasts: () => lasts,
  };
}

function keptWorker(value: unknown): KeptWorker | null {
  if (!isRecord(value) || typeof value['name'] !== 'string') return null;
  return { name: value['name'], identity: identityIn(value['identity']) };
}

function identityIn(value: unknown): Identity | null {
  if (!isRecord(value)) return null;
  const { workerId, secret } = value;
  return typeof workerId === 'string' && typeof secret === 'string' ? { workerId, secret } : null;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
