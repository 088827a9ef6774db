/** A promise that is settled from outside; the first call decides. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

export function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Rejected before anyone waits for it, it must not end the process.
  promise.catch(() => undefined);
  if (!settle) throw new Error('a promise runs its executor at once');
  return { promise, ...settle };
}
