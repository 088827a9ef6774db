/** Codes of refused data, documented in SPEC.md. */
export type DataErrorCode =
  | 'E_DATA_EMPTY'
  | 'E_DATA_MAGIC'
  | 'E_DATA_TRUNCATED'
  | 'E_DATA_TRAILING'
  | 'E_DATA_DIMS'
  | 'E_DATA_DIGEST'
  | 'E_DATA_GZIP'
  | 'E_DATA_MISSING'
  | 'E_DATA_MISMATCH'
  | 'E_DATA_NAME'
  | 'E_DATA_CLASSES'
  | 'E_DATA_PICTURE'
  | 'E_DATA_LIMIT'
  | 'E_DATA_MANIFEST'
  | 'E_DATA_EXISTS';

/** Data that cannot be used. `code` is stable; the message says what was wrong, the value seen and what to do. */
export class DataError extends Error {
  readonly code: DataErrorCode;

  constructor(code: DataErrorCode, message: string) {
    super(message);
    this.name = 'DataError';
    this.code = code;
  }
}
