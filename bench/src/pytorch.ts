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

/** Starts the peer where a Python with PyTorch is installed, else returns null. */
export function startPytorch(): Pytorch | null {
  const env = { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };
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
