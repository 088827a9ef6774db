import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exitCode, isToken, role, type Role } from '@gradpool/protocol';
import { z } from 'zod';
import { Fault } from '../fault.ts';

const tokensFile = z.object({ viewer: z.string(), join: z.string(), trusted: z.string(), admin: z.string() });
export type Tokens = z.infer<typeof tokensFile>;

/** Fewer characters than this could be guessed. */
const givenCharsMin = 24;

/**
 * Reads data-dir/tokens.json, or draws the tokens at the first start (mode 600); `given` ones are kept in place of drawn
 * ones. `fresh` says that they are new. Throws E_TOKENS_FILE for a file that is there but is no token file, and
 * E_TOKEN_WEAK for a given token that is too short or no token.
 */
export async function openTokens(
  dataDir: string,
  given: Partial<Tokens> = {},
): Promise<{ tokens: Tokens; fresh: boolean }> {
  const file = path.join(dataDir, 'tokens.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new Fault('E_TOKENS_FILE', `cannot read ${file}: ${error.message}`, { exit: exitCode.config, cause: error });
  });
  const kept = text === null ? drawTokens() : parseTokens(file, text);
  const tokens = { ...kept, ...given };
  if (text === null || JSON.stringify(tokens) !== JSON.stringify(kept)) await writeTokens(file, tokens);
  return { tokens, fresh: text === null };
}

/** GRADPOOL_VIEWER_TOKEN, GRADPOOL_JOIN_TOKEN, GRADPOOL_TRUSTED_TOKEN and GRADPOOL_ADMIN_TOKEN, where they are set. */
export function tokensFromEnvironment(env: NodeJS.ProcessEnv): Partial<Tokens> {
  const given: Partial<Tokens> = {};
  for (const name of role.options) {
    const variable = `GRADPOOL_${name.toUpperCase()}_TOKEN`;
    const token = env[variable];
    if (!token) continue;
    if (token.length < givenCharsMin || !isToken(token)) {
      const message = `${variable} has ${token.length} characters; a token has ${givenCharsMin} to 256 letters, digits, "-" or "_"`;
      throw new Fault('E_TOKEN_WEAK', message, { exit: exitCode.config });
    }
    given[name] = token;
  }
  return given;
}

/** Written aside and renamed, so that a crash leaves either no file or a whole one. */
async function writeTokens(file: string, tokens: Tokens): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600 });
  await chmod(`${file}.new`, 0o600);
  await rename(`${file}.new`, file);
}

function parseTokens(file: string, text: string): Tokens {
  try {
    return tokensFile.parse(JSON.parse(text));
  } catch (error) {
    const message = `${file} is no token file; delete it to have new tokens drawn (old ones then stop working)`;
    throw new Fault('E_TOKENS_FILE', message, { exit: exitCode.config, cause: error });
  }
}

/** 192 random bits each, in the alphabet that a WebSocket subprotocol and a URL both take. */
export function drawTokens(): Tokens {
  const draw = (): string => randomBytes(24).toString('base64url');
  return { viewer: draw(), join: draw(), trusted: draw(), admin: draw() };
}

/** The role of a token, or null. Compares digests of equal length with all four tokens, so time tells nothing. */
export function roleFinder(tokens: Tokens): (token: string | null) => Role | null {
  const known = role.options.map((name) => ({ name, digest: sha256(tokens[name]) }));
  return (token) => {
    const digest = sha256(token ?? '');
    let found: Role | null = null;
    for (const candidate of known) if (timingSafeEqual(candidate.digest, digest)) found = candidate.name;
    return token === null ? null : found;
  };
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
