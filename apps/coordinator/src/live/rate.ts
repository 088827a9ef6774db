/** A token bucket: `perSecond` in the long run, `burst` at once. */
export function startRate({ perSecond, burst }: { perSecond: number; burst: number }, clock: () => number) {
  let left = burst;
  let at = clock();
  /** Takes one; false where there is none left. */
  return (): boolean => {
    const now = clock();
    left = Math.min(burst, left + ((now - at) * perSecond) / 1000);
    at = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
