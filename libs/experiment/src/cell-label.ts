/**
 * Parameters for people: `latent 8, noise 0.3`; a list of sizes reads `hidden 512-256`. `only` keeps the label short:
 * pass `sweptNames(sweep)` to leave out what is the same in every cell.
 */
export function cellLabel(parameters: Readonly<Record<string, unknown>>, only?: readonly string[]): string {
  return Object.entries(parameters)
    .filter(([name]) => only === undefined || only.includes(name))
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join('-') : String(value)}`)
    .join(', ');
}
