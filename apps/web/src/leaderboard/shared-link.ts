/**
 * The address of `path` for others. `viewerLink` is one that the coordinator hands out for looking on: its host, which
 * others can reach where `localhost` is not, and its token, never the page's own, which may do more.
 */
export function sharedLink(path: string, origin: string, viewerLink: string | undefined): string {
  if (viewerLink === undefined) return new URL(path, origin).href;
  const link = new URL(path, viewerLink);
  link.hash = new URL(viewerLink).hash;
  return link.href;
}
