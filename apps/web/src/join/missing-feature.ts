/** What a worker cannot do without, newest first, as globals of the page. */
const needed = ['WebAssembly', 'Worker', 'WebSocket', 'AbortSignal', 'BigInt64Array'] as const;

/** The first thing that this browser lacks; null where it has all. */
export function missingFeature(scope: object): string | null {
  const globals = scope as Readonly<Record<string, unknown>>;
  const missing = needed.find((name) => globals[name] === undefined);
  if (missing !== undefined) return missing;
  const { any } = globals['AbortSignal'] as { any?: unknown };
  return typeof any === 'function' ? null : 'AbortSignal.any';
}
