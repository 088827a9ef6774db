import { Packr } from 'msgpackr';
import type { z } from 'zod';
import { scanFrame, type FrameFault } from './frame-scan.ts';
import { clientMessage, serverMessage, type ClientMessage, type ServerMessage } from './messages.ts';

/**
 * One MessagePack map per frame. `useRecords: false` keeps maps plain, so nothing depends on earlier frames and nothing is
 * compiled at run time; numbers are integers of at most 32 bits or 64-bit floats, so every double but -0 (sent as 0) is
 * exact. Errors, dates, sets and the like are not part of any message.
 */
const packr = new Packr({ useRecords: false, mapsAsObjects: true, moreTypes: false, structuredClone: false });

/** The bytes of one frame. They may be a view into a larger buffer, whose bytes no later call overwrites. */
export function encode(message: ClientMessage | ServerMessage): Uint8Array {
  return packr.pack(message);
}

export type Decoded<Message> = { readonly ok: true; readonly message: Message } | ({ readonly ok: false } & FrameFault);

/** Any bytes give a message or a typed error; never a throw. */
export const decodeClient = (bytes: Uint8Array): Decoded<ClientMessage> => decodeWith(clientMessage, bytes);

/** Any bytes give a message or a typed error; never a throw. */
export const decodeServer = (bytes: Uint8Array): Decoded<ServerMessage> => decodeWith(serverMessage, bytes);

function decodeWith<Message>(schema: z.ZodType<Message>, bytes: Uint8Array): Decoded<Message> {
  const fault = scanFrame(bytes);
  if (fault) return { ok: false, ...fault };
  let value: unknown;
  try {
    value = packr.unpack(bytes);
  } catch (error) {
    // The scan leaves the decoder nothing to refuse; if it does all the same, that is the sender's bad frame, not our end.
    return { ok: false, code: 'E_FRAME_MALFORMED', message: clip(String(error)) };
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? { ok: true, message: parsed.data } : { ok: false, ...messageFault(parsed.error) };
}

/** Names the first bad field, never echoes the value (which may be large or private). */
function messageFault(error: z.ZodError): FrameFault {
  const issue = error.issues[0];
  if (issue?.code === 'invalid_union' && issue.path.length === 1 && issue.path[0] === 'type') {
    return { code: 'E_MESSAGE_UNKNOWN', message: 'unknown message type' };
  }
  const path = ['message', ...(issue?.path ?? [])].map(String).join('.');
  return { code: 'E_MESSAGE_INVALID', message: clip(`${path}: ${issue?.message ?? 'invalid'}`) };
}

const clip = (text: string): string => (text.length > 300 ? `${text.slice(0, 299)}…` : text);
