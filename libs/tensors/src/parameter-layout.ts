/** One named parameter tensor inside the flat vector: `offset` and `size` count float32 values. */
export interface ParameterEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** How the parameters of a model lie one behind the other in one flat float32 vector, without gaps. */
export interface ParameterLayout {
  readonly entries: readonly ParameterEntry[];
  /** Length of the whole vector. */
  readonly size: number;
}

export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Lays tensors out in the order given. Throws RangeError for a repeated name or a dimension that is no count. */
export function parameterLayout(shapes: readonly ParameterShape[]): ParameterLayout {
  const entries: ParameterEntry[] = [];
  const names = new Set<string>();
  let offset = 0;
  for (const { name, shape } of shapes) {
    if (names.has(name))
      throw new RangeError(`Parameter name ${name} is used twice in one layout; name each tensor once`);
    names.add(name);
    const size = sizeOf(name, shape);
    entries.push({ name, shape: [...shape], offset, size });
    offset += size;
  }
  return { entries, size: offset };
}

/** Views of `flat`, one per entry in layout order. They share its memory. Throws RangeError when the length differs. */
export function parameterViews(layout: ParameterLayout, flat: Float32Array): Float32Array[] {
  if (flat.length !== layout.size) {
    throw new RangeError(`A vector of ${flat.length} values does not fit a layout of ${layout.size}`);
  }
  return layout.entries.map(({ offset, size }) => flat.subarray(offset, offset + size));
}

function sizeOf(name: string, shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 1) {
      throw new RangeError(`Parameter ${name} has dimension ${dimension}; dimensions are whole numbers from 1`);
    }
    size *= dimension;
  }
  if (!Number.isSafeInteger(size)) throw new RangeError(`Parameter ${name} has more values than can be counted`);
  return size;
}
