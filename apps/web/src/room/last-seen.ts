import { useEffect, useState } from 'react';
import { durationText } from '../app/figures.ts';

/** The page's clock, a tick every 10 s: what people read as "2 min ago" moves on while nothing happens. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 10_000);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return now;
}

/** `just now`, `2 min ago`. A clock that is behind the coordinator's sees nothing in the future. */
export function seenText(at: number, now: number): string {
  const ago = Math.max(0, now - at);
  if (ago < 15_000) return 'just now';
  return ago < 60_000 ? 'less than a minute ago' : `${durationText(60_000 * Math.floor(ago / 60_000))} ago`;
}
