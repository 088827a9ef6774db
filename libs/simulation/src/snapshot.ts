/**
 * A state as text: equal texts, equal states. The state is plain data, so this sees everything in it; maps and sets
 * keep their order, which is part of the state.
 */
export function snapshot(state: object): string {
  return JSON.stringify(state, (_key, value: unknown) => {
    if (value instanceof Map || value instanceof Set) return { [value.constructor.name]: [...value] };
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  });
}
