import { useCallback, useEffect, useMemo, useRef } from 'react';

/** A function that stays the same from render to render and does what the newest `act` does. For event handlers only. */
export function useStableHandler<Args extends readonly unknown[]>(
  act: (...args: Args) => void,
): (...args: Args) => void {
  const newest = useRef(act);
  useEffect(() => {
    newest.current = act;
  });
  return useCallback((...args: Args) => {
    newest.current(...args);
  }, []);
}

/** The same value for as long as its text is the same, so that what is computed from it need not be computed again. */
export function useByText<T>(value: T): T {
  const text = JSON.stringify(value);
  return useMemo(() => JSON.parse(text) as T, [text]);
}
