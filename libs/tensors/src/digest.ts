import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { parameterBytes } from './parameter-bytes.ts';

/** SHA-256 of bytes as 64 lower-case hex digits. */
export function sha256Hex(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

/** SHA-256 of the little-endian float32 bytes of a flat vector: the digest of a weights artifact. */
export function parametersSha256(flat: Float32Array): string {
  return sha256Hex(parameterBytes(flat));
}
