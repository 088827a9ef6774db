import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** PyTorch on one thread, in a process of its own. */
export interface Pytorch {
  readonly version: string;
  /** Sends one task of bench/peers/pytorch.py and returns its figure. */
  readonly measure: (task: object) => Promise<number>;
  readonly stop: () => void;
}

const script = fileURLToPath(new URL('../peers/pytorch.py', import.meta.url));
/** Where Debian's packages and others put the interpreter. */
const interpreters = ['python3', '/usr/bin/python3', 'python'];

/**
 * One thread, and memory that glibc keeps: it would else give every large tensor back to the system and fetch it anew, page
 * by page, which made the CNN's steps about three times as slow on one machine.
 */
const settings = {
  ...{ OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' },
  ...{ MALLOC_MMAP_THRESHOLD_: '1000000000', MALLOC_TRIM_THRESHOLD_: '4000000000' },
};

/** Starts the peer where a Python with PyTorch is installed, else returns null. */
export function startPytorch(): Pytorch | null {
  const env = { ...process.env, ...settings };
  for (const python of interpreters) {
    const probe = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], { env, encoding: 'utf8' });
    if (probe.status !== 0) continue;
    const child = spawn(python, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const lines: AsyncIterator<string, undefined> = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      version: probe.stdout.trim(),
      async measure(task) {
        child.stdin.write(`${JSON.stringify(task)}\n`);
        const line = await lines.next();
        if (line.done === true) throw new Error('PyTorch ended without an answer; see its message above');
        return Number(line.value);
      },
      stop: () => child.kill(),
    };
  }
  return null;
}
