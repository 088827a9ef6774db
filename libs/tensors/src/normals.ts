import {
  cosOfSector,
  inverseOfCentre,
  ln2,
  logOfCentre,
  mantissaBins,
  scaleOfLeadingZeros,
  sinOfSector,
} from './normal-tables.ts';

// Taken once: where a module's global object is not the engine's own (a test sandbox), each lookup of Math is slow.
const { clz32, sqrt } = Math;

/** Radians of one step of a 32-bit angle: 2 pi / 2^32. */
const turnStep = 6.283185307179586 / 0x1_0000_0000;

/**
 * Box-Muller in double, rounded to float32 at the end: words (w, v) give
 *   r = sqrt(-2 log((w + 1/2) / 2^32)),  angle = 2 pi v / 2^32 (v signed),  values r cos(angle), r sin(angle).
 * `count` is even. Only + - * sqrt and bit operations in a fixed order, so the bits are the same in every engine;
 * log and cos/sin are a table value plus a short series (error below 1e-13, float32 rounds at 6e-8).
 */
export function normalsFromWords(words: Int32Array, count: number, out: Float32Array, at: number): void {
  for (let i = 0; i < count; i += 2) {
    const w = words[i]!;
    const v = words[i + 1]!;
    // -log(u): u = m 2^(-1-n) with m in [1, 2), and log m = log centre + log(1 + r).
    const n = clz32(w);
    const m = ((w >>> 0) + 0.5) * scaleOfLeadingZeros[n]!;
    const bin = ((m - 1) * mantissaBins + 0.5) | 0;
    const r = (m - (1 + bin * (1 / mantissaBins))) * inverseOfCentre[bin]!;
    const logOnePlusR = r * (1 + r * (-0.5 + r * (1 / 3 + r * (-0.25 + r * 0.2))));
    const minusLog = (n + 1) * ln2 - logOfCentre[bin]! - logOnePlusR;
    const radius = sqrt(2 * minusLog);
    // The nearest sector's cosine and sine, turned by the small rest d: |d| <= pi/256.
    const sector = ((v + 0x80_0000) >> 24) & 0xff;
    const d = ((v << 8) >> 8) * turnStep;
    const d2 = d * d;
    const sinRest = d * (1 - d2 * (1 / 6 - d2 * (1 / 120)));
    const cosRest = 1 - d2 * (0.5 - d2 * (1 / 24));
    const cosSector = cosOfSector[sector]!;
    const sinSector = sinOfSector[sector]!;
    out[at + i] = radius * (cosSector * cosRest - sinSector * sinRest);
    out[at + i + 1] = radius * (sinSector * cosRest + cosSector * sinRest);
  }
}
