import type { ViewState } from './view-state.ts';

export interface Axes {
  readonly across: string | null;
  readonly down: string | null;
}

/** Noise across and latent size down unless chosen otherwise; what a sweep does not vary is no axis. */
export function axesOf(names: readonly string[], view: Pick<ViewState, 'across' | 'down'>): Axes {
  const first = (wanted: readonly (string | null)[], but: string | null): string | null =>
    wanted.find((name) => name !== null && name !== but && names.includes(name)) ?? null;
  const across = first([view.across, names.length > 1 ? 'noise' : null, ...names], names.length > 1 ? view.down : null);
  return { across, down: first([view.down, 'latent', ...names], across) };
}
