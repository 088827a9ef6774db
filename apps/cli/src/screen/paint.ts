import picocolors from 'picocolors';

/** Colours of one output: every function returns its text unchanged where colour is off. */
export type Paint = Pick<
  ReturnType<typeof picocolors.createColors>,
  'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'bgBlack' | 'whiteBright' | 'isColorSupported'
>;

export const openPaint = (colour: boolean): Paint => picocolors.createColors(colour);

/** How lines are drawn: width in columns, colours, and whether the terminal shows more than ASCII. */
export interface Look {
  readonly columns: number;
  readonly paint: Paint;
  readonly unicode: boolean;
}

/** For files, pipes and tests: no colour, and no line is cut at less than `columns`. */
export const plainLook = (columns = 100): Look => ({ columns, paint: openPaint(false), unicode: true });
