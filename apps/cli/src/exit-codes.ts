import type { exitCode as protocolExitCode } from '@gradpool/protocol';

/**
 * The exit codes of libs/protocol, repeated so that help and refused arguments need not load the whole protocol; the
 * compiler holds the two together.
 */
export const exitCode = { ok: 0, failed: 1, config: 2 } as const satisfies typeof protocolExitCode;
