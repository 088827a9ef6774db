import { useEffect } from 'react';
import { reloadsNow } from './upgrade.ts';

const lookMs = 2_000;
const inputs = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/** Reloads this page once it is idle, where the coordinator runs another version; `leave` hands the work back first. */
export function useUpgrade(version: string | null, leave: () => Promise<void>): void {
  useEffect(() => {
    if (version === null) return;
    let inputAt = performance.now();
    const heard = (): void => {
      inputAt = performance.now();
    };
    for (const type of inputs) window.addEventListener(type, heard, { passive: true });
    const timer = setInterval(() => {
      const idleForMs = (): number => performance.now() - inputAt;
      const hidden = (): boolean => document.hidden;
      if (!reloadsNow({ version, storage: window.sessionStorage, idleForMs, hidden })) return;
      void leave().then(() => {
        window.location.reload();
      });
    }, lookMs);
    return () => {
      clearInterval(timer);
      for (const type of inputs) window.removeEventListener(type, heard);
    };
  }, [version, leave]);
}
