import cliProgress from 'cli-progress';

/** A progress bar of exactly `width` characters. `fraction` is held within 0 and 1; a full bar means done. */
export function progressBar(fraction: number, width: number, unicode: boolean): string {
  const held = Math.min(1, Math.max(0, fraction));
  // Rounding must not show a full bar before the end.
  const shown = held < 1 ? Math.min(held, (width - 1) / width) : 1;
  return cliProgress.Format.BarFormat(shown, {
    barsize: width,
    barCompleteString: (unicode ? '█' : '#').repeat(width),
    barIncompleteString: (unicode ? '░' : '-').repeat(width),
    barGlue: '',
  });
}
