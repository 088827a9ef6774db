/**
 * Every public error code that crosses a wire, with what it means and what to do. Codes are API: they are never renamed,
 * and a new situation gets a new code. SPEC.md lists the same table; a test compares the two.
 */
export const errorMeanings = {
  // A frame that is no message.
  E_FRAME_EMPTY: 'The frame has no bytes. Send one message per frame.',
  E_FRAME_TOO_LARGE: 'The frame is larger than wireLimits.frameBytesMax. Weights and checkpoints travel over HTTP.',
  E_FRAME_TRUNCATED: 'The frame ends in the middle of a value.',
  E_FRAME_MALFORMED: 'The frame is not one MessagePack map of plain values (no extension types, text keys only).',
  E_FRAME_TOO_DEEP: 'Values are nested deeper than frameLimits.depthMax.',
  E_FRAME_TOO_MANY: 'The frame holds more than frameLimits.valuesMax values.',
  E_FRAME_KEY: 'A map uses a key that is refused (`__proto__`).',
  E_MESSAGE_UNKNOWN: 'The message has a type that this end does not know. It is ignored.',
  E_MESSAGE_INVALID: 'A field of the message is missing, has a wrong type or is out of range; the text names it.',
  // Joining and staying connected.
  E_TOKEN: 'The token is missing or wrong. The coordinator prints its tokens at its first start.',
  E_ROLE: 'The token is right, but its role may not do this. Use a token of the role that the text names.',
  E_ORIGIN: 'The web page comes from an origin that this coordinator does not allow.',
  E_VERSION: 'No protocol version is spoken by both ends. Bring the older one up to date.',
  E_HELLO_FIRST: 'The first message must be hello (workers) or watch (viewers).',
  E_HELLO_TWICE: 'This connection has already said hello or watch.',
  E_HELLO_LATE: 'No first message arrived in time.',
  E_IDENTITY: 'The worker id and the secret do not belong together. Forget the identity and join as a new worker.',
  E_REPLACED: 'The same identity has connected again elsewhere; the newer connection stays.',
  E_REMOVED: 'The person who runs this room has removed this worker. It may come back when the room is opened again.',
  E_RATE: 'Too many messages or too many bad ones from this connection.',
  E_SLOW: 'The connection does not take in what is sent to it.',
  E_FULL: 'The coordinator has as many connections as it allows. Try again later.',
  E_CLOSING: 'The coordinator is stopping in an orderly way. Reconnect later.',
  E_UNREACHABLE: 'The coordinator does not answer. The worker keeps trying.',
  // Leases.
  E_LEASE_UNKNOWN: 'There is no such lease (any more). Drop the work and pull again.',
  E_LEASE_STALE: 'The fencing token is older than the newest lease of this trial. Drop the work and pull again.',
  E_LEASE_EXPIRED: 'The lease ran out before a sign of life arrived. Drop the work and pull again.',
  E_LEASE_OWNER: 'The lease belongs to another worker.',
  E_OUTCOME_KIND: 'The outcome is of another kind than the work of the lease.',
  E_COPY_FINISHED: 'Another copy of this trial finished first.',
  E_SWEEP_PAUSED: 'The sweep was paused. Store a checkpoint and release.',
  E_ROUND_WAITS: 'A pooled round has work for this worker. Store a checkpoint and release; the trial goes on later.',
  E_SWEEP_CANCELLED: 'The sweep was cancelled. Drop the work.',
  E_CLAIM: 'The claimed score differs from the recomputed one by more than 1 %, or for shares by more than 0.002.',
  // Work that failed on a worker.
  E_NAN_LOSS: 'The loss became NaN or infinite. Try a smaller learning rate.',
  E_GRADIENT_RANGE: 'A gradient is NaN or too large for an exact sum. Try a smaller learning rate.',
  E_GRADIENT_NORM: 'A gradient or change is far larger than those of the rounds before. Compute it again.',
  E_ROUND_STALE: 'The rounds have gone on too far for this change to count. Drop the work and pull again.',
  E_POOLED: 'The lease does not fit the pooled run; the text says how.',
  E_VECTOR_THREAD:
    'The thread that held the vectors of a pooled run is gone. The run goes on from its last checkpoint.',
  E_OUT_OF_MEMORY: 'The backend ran out of memory. Use a smaller batch or model, or another worker.',
  E_SPEC: 'The trial spec is not one this worker can train; the text names the field.',
  E_DATA_DIGEST: 'A data file has another SHA-256 than its manifest says, after being fetched again.',
  E_DATA_UNAVAILABLE: 'A data file or manifest could not be fetched.',
  E_PICTURES:
    'The pictures do not fit the trial: another length, or an epoch for which none are kept. They are dropped.',
  E_CHECKPOINT_INVALID: 'The checkpoint to resume from cannot be read. The worker trains from the start.',
  E_SPLIT_EMPTY: 'The split that the spec asks for has no pictures.',
  E_BASELINE: 'A baseline cannot be computed; the text says why.',
  E_EMBEDDING: 'A map of codes is not whole: its length does not fit its count.',
  E_WEIGHTS_SHAPE: 'The weights have another length than the model of the spec.',
  E_WEIGHTS_NOT_FINITE: 'The weights hold NaN or an infinity.',
  E_ARTIFACT_MISSING: 'There is no artifact of this digest.',
  E_ARTIFACT_DIGEST: 'The bytes have another SHA-256 than the address says.',
  E_ARTIFACT_UPLOAD: 'The artifact could not be stored; the text says why.',
  E_ARTIFACT_TOO_LARGE: 'The artifact is larger than the coordinator takes.',
  E_BACKEND_NONE: 'No numeric backend could be opened. The text lists what was tried.',
  E_BACKEND_LOST: 'The graphics device of the worker was lost. It goes on with another backend.',
  E_BACKEND: 'The numeric backend failed again and again. A fresh process has to take over.',
  E_WORK: 'The work failed for a reason without a code of its own; the text says what was thrown.',
  // HTTP.
  E_BODY: 'The request body is not what this address takes; the text names the field.',
  E_BODY_TOO_LARGE: 'The request body is larger than this address takes.',
  E_QUERY: 'A query parameter is not one this address takes.',
  E_NOT_FOUND: 'There is nothing at this address: unknown path, sweep, trial, worker, artifact or data file.',
  E_CONFLICT: 'The request does not fit the present state; the text says which.',
  E_NOT_READY: 'The coordinator has not finished starting, or is stopping.',
  E_HTTPS: 'This port speaks HTTPS. Use https:// in place of http://.',
  E_INTERNAL: 'A fault in the coordinator. Its log has the details.',
} as const;

export type ErrorCode = keyof typeof errorMeanings;

/** `errorCodes.E_TOKEN === 'E_TOKEN'`: the codes as constants, so that a misspelt one does not compile. */
export const errorCodes = Object.freeze(Object.fromEntries(Object.keys(errorMeanings).map((code) => [code, code]))) as {
  readonly [Code in ErrorCode]: Code;
};

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errorMeanings, text);
