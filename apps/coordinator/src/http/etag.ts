/** Whether an If-None-Match header names this digest (RFC 9110: a list of entity tags, weak or not, or `*`). */
export function etagMatches(header: string | undefined, sha256: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => {
    const named = tag.trim().replace(/^W\//, '');
    return named === '*' || named === `"${sha256}"`;
  });
}
