import type { Clock } from './clock.ts';

const lookMs = 1_000;

export interface ParentView {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly ppid: () => number;
  readonly clock: Clock;
}

/**
 * Under `npm start` a shell stands between npm and this process. A signal to npm ends that shell and is not passed on, so
 * this process looks whether its parent is still the same. Not run by npm it does not care: a server may be meant to
 * outlive the shell that started it. The answer stops looking.
 */
export function whenNpmIsGone(onGone: () => void, { env, ppid, clock }: ParentView): () => void {
  if (!env['npm_lifecycle_event']) return () => undefined;
  const parent = ppid();
  let cancel = (): void => undefined;
  const look = (): void => {
    if (ppid() === parent) cancel = clock.after(lookMs, look);
    else onGone();
  };
  cancel = clock.after(lookMs, look);
  return () => cancel();
}
