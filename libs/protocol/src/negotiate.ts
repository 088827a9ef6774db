import { oldestProtocolVersion, protocolVersion } from './limits.ts';

/** The versions that one end speaks, both inclusive. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** What this build speaks. */
export const supportedVersions: VersionRange = { min: oldestProtocolVersion, max: protocolVersion };

/** The newest version that both ends speak, or null where there is none (close with `closeCodes.version`). */
export function negotiate(theirs: VersionRange, ours: VersionRange = supportedVersions): number | null {
  const version = Math.min(theirs.max, ours.max);
  return version >= Math.max(theirs.min, ours.min) ? version : null;
}
